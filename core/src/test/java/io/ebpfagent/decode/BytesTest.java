// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

final class BytesTest {
  private static void assertPrinted(long value) {
    Bytes bytes = new Bytes(0);
    bytes.append('x');
    bytes.appendUnsigned(value);
    assertThat(bytes).hasToString("x" + Long.toUnsignedString(value));
  }

  @Test
  void printUnsignedNumbersOfAnySize() {
    assertPrinted(0);
    for (long power = 1, digits = 1; digits <= 20; power *= 10, digits++) {
      assertPrinted(power - 1);
      assertPrinted(power);
      assertPrinted(power + 1);
    }
    for (int bit = 0; bit < Long.SIZE; bit++) {
      assertPrinted((1L << bit) - 1);
      assertPrinted(1L << bit);
      assertPrinted(-1L << bit);
      assertPrinted(-1L >>> bit);
    }
    Random random = new Random(3);
    for (int i = 0; i < 100_000; i++) {
      assertPrinted(random.nextLong() >>> random.nextInt(Long.SIZE));
    }
  }

  @Test
  void growAndTruncate() {
    Bytes bytes = new Bytes(1);
    bytes.append("caf\u00e9");
    bytes.append(new byte[] {'a', 'b', 'c', 'd'}, 1, 2);
    assertThat(bytes).hasToString("caf\u00e9bc");
    bytes.truncate(3);
    assertThat(bytes).hasToString("caf");
    assertThat(bytes.reserve(2)).isEqualTo(3);
    assertThat(bytes.length()).isEqualTo(5);
    bytes.clear();
    assertThat(bytes).hasToString("");
  }
}
