// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import java.util.List;
import java.util.Optional;

/**
 * State of a config that was asked for.
 *
 * @param name the config's name
 * @param failure why it does not run, in one line or a few; empty when it runs
 * @param programs the loaded programs; none when it does not run
 */
public record ConfigState(String name, Optional<String> failure, List<ProgramState> programs) {
  public ConfigState {
    programs = List.copyOf(programs);
  }

  /** Whether the config's maps are read. */
  public boolean runs() {
    return failure.isEmpty();
  }

  /**
   * Whether the config measures anything: it runs, and at least one of its programs is attached.
   */
  public boolean attached() {
    return runs()
        && (programs.isEmpty() || programs.stream().anyMatch(program -> program.attached()));
  }
}
