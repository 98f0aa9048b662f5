// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class UintDecoderTest {
  @ParameterizedTest
  @CsvSource({
    "1, 0, 0",
    "1, 7f, 127",
    "1, ff, 255",
    "2, 100, 256",
    "2, ffff, 65535",
    "4, 0, 0",
    "4, 7fffffff, 2147483647",
    "4, 80000000, 2147483648",
    "4, ffffffff, 4294967295",
    "8, a, 10",
    "8, 63, 99",
    "8, 64, 100",
    "8, 3b9aca00, 1000000000",
    "8, 100000000, 4294967296",
    "8, 7fffffffffffffff, 9223372036854775807",
    "8, 8000000000000000, 9223372036854775808",
    "8, ffffffffffffffff, 18446744073709551615",
  })
  void printsUnsignedDecimal(int size, String hex, String text) throws Exception {
    ByteBuffer key = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder());
    long value = Long.parseUnsignedLong(hex, 16);
    switch (size) {
      case 1 -> key.put((byte) value);
      case 2 -> key.putShort((short) value);
      case 4 -> key.putInt((int) value);
      default -> key.putLong(value);
    }
    byte[] in = new byte[size];
    key.get(0, in);
    assertThat(Decoding.decode(new UintDecoder(), in)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 5, 6, 7, 9, 16})
  void refusesOtherSizes(int size) {
    assertThatThrownBy(() -> Decoding.decode(new UintDecoder(), new byte[size]))
        .isInstanceOf(DecodeException.class)
        .hasMessage("needs 1, 2, 4 or 8 bytes");
  }
}
