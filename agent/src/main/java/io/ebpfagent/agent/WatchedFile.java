// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Tells when a file has become another, looking at it now and then. */
final class WatchedFile {
  private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private record Stamp(FileTime time, long size, @Nullable Object key) {}

  private final Path file;
  private @Nullable Stamp seen;
  private long lookedAt = System.nanoTime();

  WatchedFile(Path file) {
    this.file = file;
    seen = stamp(file);
  }

  Path file() {
    return file;
  }

  /** Whether it is another than when this was asked last. */
  boolean changed() {
    long now = System.nanoTime();
    if (now - lookedAt < EVERY_NANOS) {
      return false;
    }
    lookedAt = now;
    Stamp stamp = stamp(file);
    // One that is away for a moment is about to be replaced.
    if (stamp == null || Objects.equals(stamp, seen)) {
      return false;
    }
    seen = stamp;
    return true;
  }

  private static @Nullable Stamp stamp(Path file) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
    } catch (IOException e) {
      return null;
    }
  }
}
