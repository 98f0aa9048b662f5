// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The JVMs of this machine. */
final class Javas {
  private static final Path PLACE = Path.of("/usr/lib/jvm");

  /** Homes of JVMs that are elsewhere, with colons between them. */
  static final String MORE = "EBPFAGENT_JAVA_HOMES";

  private static final Pattern VERSION = Pattern.compile("(?m)^JAVA_VERSION=\"(?:1\\.)?([0-9]+)");

  private Javas() {}

  /** Their programs, by version. */
  static Map<Integer, Path> all() {
    Map<Integer, Path> found = new TreeMap<>();
    found.put(Runtime.version().feature(), Path.of(System.getProperty("java.home"), "bin/java"));
    Stream<Path> more =
        Stream.of(System.getenv().getOrDefault(MORE, "").split(":", -1))
            .filter(home -> !home.isEmpty())
            .map(Path::of);
    try (Stream<Path> homes = Files.isDirectory(PLACE) ? Files.list(PLACE) : Stream.empty()) {
      for (Path home : Stream.concat(homes.sorted(), more).toList()) {
        Path release = home.resolve("release");
        Path java = home.resolve("bin/java");
        if (Files.isReadable(release) && Files.isExecutable(java)) {
          Matcher matcher = VERSION.matcher(Files.readString(release));
          if (matcher.find()) {
            found.putIfAbsent(Integer.valueOf(matcher.group(1)), java);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  /** The program of a version that is here. */
  static Path of(int version) {
    return Objects.requireNonNull(all().get(version), "Java " + version);
  }

  /** The oldest of some versions. */
  static Optional<Path> oldest(int from, int to) {
    return all().entrySet().stream()
        .filter(java -> java.getKey() >= from && java.getKey() <= to)
        .map(Map.Entry::getValue)
        .findFirst();
  }
}
