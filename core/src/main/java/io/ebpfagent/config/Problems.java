// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Gathers what is wrong with one file, so that a user sees all of it at once. */
final class Problems {
  /** One anchored mistake can be used a thousand times; nobody reads beyond these. */
  private static final int MAX = 100;

  private final String file;
  private final List<Problem> found = new ArrayList<>();
  private int unlisted;

  Problems(String file) {
    this.file = file;
  }

  void add(int line, String path, String message) {
    if (found.size() < MAX) {
      found.add(new Problem(file, line, path, message));
    } else {
      unlisted++;
    }
  }

  boolean isEmpty() {
    return found.isEmpty();
  }

  /** Throws what was found, in the file's order. */
  void throwIfAny() throws ConfigException {
    if (found.isEmpty()) {
      return;
    }
    List<Problem> all = new ArrayList<>(found);
    all.sort(Comparator.comparingInt(Problem::line));
    if (unlisted > 0) {
      all.add(new Problem(file, 0, "", "and " + unlisted + " more problems"));
    }
    throw new ConfigException(all);
  }
}
