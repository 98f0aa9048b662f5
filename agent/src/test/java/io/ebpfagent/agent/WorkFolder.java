// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.stream.Stream;

/** A folder that every user may enter, which a test's own may not be. */
final class WorkFolder implements AutoCloseable {
  final Path path;

  WorkFolder() {
    try {
      path =
          Files.createTempDirectory(
              Path.of(System.getProperty("ebpfagent.work", "/var/tmp")), "ebpf-agent-");
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path write(String name, String text) {
    try {
      // At once: the agent may look in between.
      Path next = Files.writeString(path.resolve(name + ".next"), text);
      return Files.move(
          next,
          path.resolve(name),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The agent's arguments for a file of that text, served on any port. */
  String arguments(String text) {
    return "127.0.0.1:0:" + write("agent.yaml", text);
  }

  /** A copy of a file or a folder, for another user; the one that is there, which JVMs may use. */
  Path copy(Path source) {
    Path target = path.resolve(source.getFileName().toString());
    if (Files.exists(target)) {
      return target;
    }
    try (Stream<Path> all = Files.walk(source)) {
      for (Path file : all.toList()) {
        Path copy = target.resolve(source.relativize(file).toString());
        if (!Files.isDirectory(copy)) {
          Files.copy(file, copy);
        }
      }
      return target;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try (Stream<Path> all = Files.walk(path)) {
      for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
