// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HexIdsTest {
  @Test
  void bytesLieAsTheDigitsDo() {
    Random random = new Random(1);
    byte[] id = new byte[8];
    for (int i = 0; i < 10_000; i++) {
      random.nextBytes(id);
      String hex = HexFormat.of().formatHex(id);
      long expected = ByteBuffer.wrap(id).order(ByteOrder.LITTLE_ENDIAN).getLong();
      String other = "xx" + hex.toUpperCase(Locale.ROOT);
      assertThat(HexIds.bytes(HexIds.digits(hex, 16), 0)).isEqualTo(expected);
      assertThat(HexIds.bytes(HexIds.digits(other, 18), 2)).isEqualTo(expected);
      assertThat(HexIds.bytes(HexIds.digits("\u20ac" + hex, 17), 1)).isEqualTo(expected);
    }
  }

  @Test
  void anIdOfAnotherLengthIsNone() {
    assertThat(HexIds.digits("0123456789abcde", 16)).isNull();
    assertThat(HexIds.digits("0123456789abcdef0", 16)).isNull();
    // As many bytes as an id has digits.
    assertThat(HexIds.digits("\u20ac1234567", 16)).isNull();
  }
}
