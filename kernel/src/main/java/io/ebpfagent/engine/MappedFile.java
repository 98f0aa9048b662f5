// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Finds the file of a library that a process runs. */
final class MappedFile {
  private static final String DELETED = " (deleted)";

  private MappedFile() {}

  /**
   * Returns the path of an executable mapping; below /proc/PID/map_files if the file was replaced
   * since.
   *
   * @param maps lines {@code START-END r-xp … PATH}
   * @param process its folder in /proc
   * @param which whether it is the one, by its name without folders
   */
  static Optional<Path> find(List<String> maps, Path process, Predicate<String> which) {
    for (String line : maps) {
      int slash = line.indexOf('/');
      boolean deleted = line.endsWith(DELETED);
      String path =
          slash < 0 ? "" : line.substring(slash, line.length() - (deleted ? DELETED.length() : 0));
      String[] fields = line.split(" ", 3);
      if (fields[1].startsWith("x", 2) && which.test(path.substring(path.lastIndexOf('/') + 1))) {
        return Optional.of(
            deleted ? process.resolve("map_files").resolve(fields[0]) : Path.of(path));
      }
    }
    return Optional.empty();
  }
}
