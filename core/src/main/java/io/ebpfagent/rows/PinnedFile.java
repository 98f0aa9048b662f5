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
 * A file whose contents the kernel generates as it is read. It has no size and no positions, so
 * {@code InputStream.readAllBytes} fails on it, and a read may return less than requested.
 */
final class PinnedFile {
  private static final int CHUNK_BYTES = 16 * 1024;

  private PinnedFile() {}

  static FileChannel open(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.READ);
  }

  /**
   * Reads the whole file.
   *
   * @param most the limit in bytes
   * @throws IOException when the file can't be read or is longer
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

  /** Returns why a file could not be read. */
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
