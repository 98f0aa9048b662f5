// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import java.util.List;
import java.util.Optional;

/**
 * How a config that was asked for is.
 *
 * @param name the config's
 * @param failure why it does not run, in one line or a few; empty when it does
 * @param programs those that are loaded; none when it does not run
 */
public record ConfigState(String name, Optional<String> failure, List<ProgramState> programs) {
  public ConfigState {
    programs = List.copyOf(programs);
  }

  /** Whether its maps are read. */
  public boolean runs() {
    return failure.isEmpty();
  }

  /** Whether it measures anything: it runs, and of its programs one at least is attached. */
  public boolean attached() {
    return runs()
        && (programs.isEmpty() || programs.stream().anyMatch(program -> program.attached()));
  }
}
