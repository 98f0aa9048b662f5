// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;

/**
 * Reads a row file in chunks. A chunk is the result of one system call, for which the kernel
 * returns up to 32 KB.
 */
final class RowFileCursor implements RowCursor {
  private static final int CHUNK_BYTES = 64 * 1024;

  private final ReadableByteChannel channel;
  private final Path file;
  private final int keySize;
  private final int cpus;
  private final int rowBytes;
  private final ByteBuffer buffer;
  private final byte[] keys;
  private final long[] values;
  private int rows;

  RowFileCursor(ReadableByteChannel channel, Path file, RowShape shape) {
    this.channel = channel;
    this.file = file;
    keySize = shape.keySize();
    cpus = shape.cpus();
    rowBytes = shape.rowBytes();
    // A row may begin in one chunk and end in the next.
    buffer = ByteBuffer.allocate(Math.max(CHUNK_BYTES, rowBytes)).order(ByteOrder.nativeOrder());
    int most = buffer.capacity() / rowBytes;
    keys = new byte[most * keySize];
    values = new long[most * cpus];
  }

  @Override
  public boolean next() throws RowReadException {
    rows = 0;
    try {
      while (rows == 0) {
        if (channel.read(buffer) < 0) {
          if (buffer.position() > 0) {
            throw new RowReadException(
                "read %s: its last row is cut short, %s of %s bytes"
                    .formatted(file, buffer.position(), rowBytes));
          }
          return false;
        }
        take();
      }
      return true;
    } catch (IOException e) {
      throw new RowReadException("read " + file + ": " + PinnedFile.reason(e), e);
    }
  }

  private void take() {
    buffer.flip();
    rows = buffer.remaining() / rowBytes;
    for (int row = 0; row < rows; row++) {
      buffer.get(keys, row * keySize, keySize);
      for (int i = row * cpus; i < (row + 1) * cpus; i++) {
        values[i] = buffer.getLong();
      }
    }
    buffer.compact();
  }

  @Override
  public int rows() {
    return rows;
  }

  @Override
  public byte[] keys() {
    return keys;
  }

  @Override
  public long[] values() {
    return values;
  }

  @Override
  public void close() {
    close(channel);
  }

  static void close(ReadableByteChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing was written, so nothing can be lost.
    }
  }
}
