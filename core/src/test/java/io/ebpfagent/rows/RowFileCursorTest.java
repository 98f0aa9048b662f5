// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RowFileCursorTest {
  private static final Path FILE = Path.of("rows/hits");
  private static final RowShape PER_CPU = new RowShape("hits", 3, true, 2, 10, true);

  /** A file that returns a few bytes for each read, and then may fail. */
  private static final class Pieces implements ReadableByteChannel {
    private final ByteBuffer bytes;
    private final int atOnce;
    private final @Nullable IOException failure;

    Pieces(byte[] bytes, int atOnce, @Nullable IOException failure) {
      this.bytes = ByteBuffer.wrap(bytes);
      this.atOnce = atOnce;
      this.failure = failure;
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
      if (!bytes.hasRemaining()) {
        if (failure != null) {
          throw failure;
        }
        return -1;
      }
      int count = Math.min(Math.min(atOnce, bytes.remaining()), to.remaining());
      byte[] piece = new byte[count];
      bytes.get(piece);
      to.put(piece);
      return count;
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  private static byte[] rows(int count) {
    ByteBuffer bytes =
        ByteBuffer.allocate(count * PER_CPU.rowBytes()).order(ByteOrder.nativeOrder());
    for (int i = 0; i < count; i++) {
      bytes.put((byte) 0xa0).put((byte) (i >> 8)).put((byte) i).putLong(i).putLong(-1L - i);
    }
    return bytes.array();
  }

  private static List<String> read(RowFileCursor cursor) throws RowReadException {
    List<String> rows = new ArrayList<>();
    while (cursor.next()) {
      for (int i = 0; i < cursor.rows(); i++) {
        byte[] key = Arrays.copyOfRange(cursor.keys(), i * 3, i * 3 + 3);
        rows.add(
            HexFormat.of().formatHex(key)
                + " "
                + cursor.values()[i * 2]
                + " "
                + cursor.values()[i * 2 + 1]);
      }
    }
    return rows;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 19, 4096, 1 << 20})
  void rowsMayEndAnywhere(int atOnce) throws RowReadException {
    RowFileCursor cursor = new RowFileCursor(new Pieces(rows(9000), atOnce, null), FILE, PER_CPU);
    List<String> read = read(cursor);
    assertThat(read).hasSize(9000);
    assertThat(read.get(0)).isEqualTo("a00000 0 -1");
    assertThat(read.get(8999)).isEqualTo("a02327 8999 -9000");
  }

  @Test
  void noRowsAreNone() throws RowReadException {
    assertThat(read(new RowFileCursor(new Pieces(new byte[0], 1, null), FILE, PER_CPU))).isEmpty();
  }

  @Test
  void aLastRowThatIsCutShortIsNoRow() {
    byte[] bytes = Arrays.copyOf(rows(2), 2 * PER_CPU.rowBytes() - 1);
    RowFileCursor cursor = new RowFileCursor(new Pieces(bytes, 100, null), FILE, PER_CPU);
    assertThatThrownBy(() -> read(cursor))
        .isInstanceOf(RowReadException.class)
        .hasMessage("read rows/hits: its last row is cut short, 18 of 19 bytes");
  }

  @Test
  void aFailureIsNoEnd() throws RowReadException {
    Pieces failing = new Pieces(rows(1), 100, new IOException("Argument list too long"));
    RowFileCursor cursor = new RowFileCursor(failing, FILE, PER_CPU);
    assertThat(cursor.next()).isTrue();
    assertThatThrownBy(cursor::next)
        .isInstanceOf(RowReadException.class)
        .hasMessage("read rows/hits: Argument list too long");
  }
}
