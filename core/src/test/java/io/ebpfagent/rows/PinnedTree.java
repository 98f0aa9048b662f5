// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The files that a daemon pins, written as plain files by a test. */
public final class PinnedTree {
  private final Path dir;
  private final List<String> configs = new ArrayList<>();

  public PinnedTree(Path dir) {
    this.dir = dir;
    heard(0);
  }

  /** Sets the age of the last heartbeat in nanoseconds. */
  public void heard(long nanosAgo) {
    long now = 5_000_000_000_000L;
    write(
        dir.resolve(PinnedFolder.HEARTBEAT),
        ByteBuffer.allocate(2 * Long.BYTES)
            .order(ByteOrder.nativeOrder())
            .putLong(now - nanosAgo)
            .putLong(now)
            .array());
  }

  /** Adds a config, or replaces the one of the same name. */
  public void config(String name, String yaml, RowShape... shapes) {
    remove(name);
    Path folder = dir.resolve(PinnedFolder.folder(name));
    StringBuilder lines = new StringBuilder();
    for (RowShape shape : shapes) {
      lines.append(shape.line()).append('\n');
    }
    write(folder.resolve(PinnedFolder.SHAPES), lines.toString().getBytes(UTF_8));
    write(folder.resolve(PinnedFolder.YAML), yaml.getBytes(UTF_8));
    configs.add(PinnedFolder.folder(name));
    list();
  }

  /** Writes the rows of a map, keys and values end to end. */
  public Path rows(String config, String map, byte[] bytes) {
    Path file = dir.resolve(PinnedFolder.folder(config)).resolve(PinnedFolder.ROWS).resolve(map);
    write(file, bytes);
    return file;
  }

  /** Removes a config. */
  public void remove(String name) {
    delete(dir.resolve(PinnedFolder.folder(name)));
    if (configs.remove(PinnedFolder.folder(name))) {
      list();
    }
  }

  /** Removes everything, as a daemon does when it stops. */
  public void removeAll() {
    configs.clear();
    try (Stream<Path> entries = Files.list(dir)) {
      entries.forEach(PinnedTree::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a new file with its own inode, as pinning does. */
  private void list() {
    try {
      Path next = dir.resolve("next");
      write(next, String.join("\n", configs).getBytes(UTF_8));
      Files.deleteIfExists(dir.resolve(PinnedFolder.CONFIGS));
      Files.move(next, dir.resolve(PinnedFolder.CONFIGS));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(Path file, byte[] bytes) {
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path path) {
    if (Files.notExists(path)) {
      return;
    }
    try (Stream<Path> all = Files.walk(path)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
