// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DnameDecoderTest {
  @ParameterizedTest
  @CsvSource({
    "'', .",
    "^00, .",
    "^03com, com",
    "^07example^03com, example.com",
    "^07example^03com^00, example.com.",
    "^03com^00^00^00^00, com.",
    "^01a^01b^01c, a.b.c",
    "^04caf^ff, caf\ufffd",
  })
  void dotsTheLabels(String in, String text) throws Exception {
    assertThat(Decoding.decode(new DnameDecoder(), Decoding.bytes(in))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "^05com",
    "^03",
    "^07example^04com",
    "^03com^c0",
    "example.com",
  })
  void leavesWhatIsMalformed(String in) throws Exception {
    byte[] bytes = Decoding.bytes(in);
    Bytes unchanged = new Bytes(16);
    Text.append(bytes, 0, bytes.length, unchanged);
    assertThat(Decoding.decode(new DnameDecoder(), bytes)).isEqualTo(unchanged.toString());
  }
}
