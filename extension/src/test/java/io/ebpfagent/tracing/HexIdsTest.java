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
    byte[] buffer = new byte[16];
    byte[] id = new byte[8];
    for (int i = 0; i < 10_000; i++) {
      random.nextBytes(id);
      String hex = HexFormat.of().formatHex(id);
      long expected = ByteBuffer.wrap(id).order(ByteOrder.LITTLE_ENDIAN).getLong();
      assertThat(HexIds.bytes(hex, 0, buffer)).isEqualTo(expected);
      assertThat(HexIds.bytes("xx" + hex.toUpperCase(Locale.ROOT), 2, buffer)).isEqualTo(expected);
    }
  }
}
