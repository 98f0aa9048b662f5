// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The C library of this process: glibc, or musl, which is its own loader. */
final class Libc {
  private static final Path SELF = Path.of("/proc/self");
  private static final Predicate<String> NAME =
      Pattern.compile("libc\\.so\\.6|libc-[0-9.]+\\.so|(ld|libc)[.-]musl-\\w+\\.so\\.1")
          .asMatchPredicate();

  private Libc() {}

  /** Returns its path; empty when it has none, or can't be found. */
  static Optional<Path> current() {
    try {
      return find(Files.readAllLines(SELF.resolve("maps")));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static Optional<Path> find(List<String> maps) {
    return MappedFile.find(maps, SELF, NAME);
  }
}
