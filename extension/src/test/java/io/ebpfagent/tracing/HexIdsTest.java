// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
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
      assertThat(HexIds.bytes(hex, 0)).isEqualTo(expected);
      assertThat(HexIds.bytes(other, 2)).isEqualTo(expected);
      assertThat(HexIds.bytes("\u20ac" + hex, 1)).isEqualTo(expected);
      assertThat(HexIds.bytes(other.getBytes(StandardCharsets.ISO_8859_1), 2)).isEqualTo(expected);
    }
  }
}
