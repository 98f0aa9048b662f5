// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that the kernel writes while it is read. It has no size and no positions, so that {@code
 * InputStream.readAllBytes} fails on it, and gives less at once than is asked for.
 */
final class PinnedFile {
  private static final int CHUNK_BYTES = 16 * 1024;

  private PinnedFile() {}

  static FileChannel open(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.READ);
  }

  /**
   * Reads all of it.
   *
   * @param most how many bytes it may have
   */
  static byte[] read(Path file, int most) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
    try (FileChannel channel = open(file)) {
      while (channel.read(chunk) >= 0) {
        all.write(chunk.array(), 0, chunk.position());
        if (all.size() > most) {
          throw new IOException("more than " + most + " bytes");
        }
        chunk.clear();
      }
    }
    return all.toByteArray();
  }

  /** Why a file could not be read, in words. */
  static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "it is not there";
    }
    if (e instanceof AccessDeniedException) {
      return "its owner does not let this user read it";
    }
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
