// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A config can't be used. The message lists everything that is wrong with it, one problem a line.
 */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  public ConfigException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** Returns the problems in the file's order: at least one error, and possibly warnings. */
  public List<Problem> problems() {
    return problems;
  }
}
