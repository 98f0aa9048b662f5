// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import io.ebpfagent.config.Problem.Severity;
import java.util.ArrayList;
import java.util.List;

/** Collects all problems of one file, so that a user sees them at once. */
public final class Problems {
  /** More problems than this in one file are of no use to a reader. */
  private static final int MOST = 100;

  private final String file;
  private final List<Problem> found = new ArrayList<>();

  public Problems(String file) {
    this.file = file;
  }

  public void error(int line, String path, String message) {
    found.add(new Problem(file, line, path, message));
  }

  void warning(int line, String path, String message) {
    found.add(new Problem(file, line, path, message, Severity.WARNING));
  }

  public boolean hasErrors() {
    return found.stream().anyMatch(Problem::isError);
  }

  /**
   * Returns the errors and warnings in the order of the file's lines. When there are more than
   * {@link #MOST}, the rest are replaced by their number.
   */
  public List<Problem> inOrder() {
    List<Problem> all = new ArrayList<>(found);
    all.sort((a, b) -> Integer.compare(a.line(), b.line()));
    if (all.size() <= MOST) {
      return all;
    }
    List<Problem> some = new ArrayList<>(all.subList(0, MOST));
    String message = "and %s more problems".formatted(all.size() - MOST);
    some.add(new Problem(file, 0, "", message, hasErrors() ? Severity.ERROR : Severity.WARNING));
    return some;
  }

  public ConfigException asException() {
    return new ConfigException(inOrder());
  }
}
