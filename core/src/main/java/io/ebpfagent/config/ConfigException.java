// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.List;
import java.util.stream.Collectors;

/** A config can't be used; says everything that is wrong with it, a line each. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  public ConfigException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  static ConfigException of(Problem problem) {
    return new ConfigException(List.of(problem));
  }

  /** What is wrong, in the file's order; never empty. */
  public List<Problem> problems() {
    return problems;
  }
}
