// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StringDecoderTest {
  @ParameterizedTest
  @CsvSource({
    "'', ''",
    "^00, ''",
    "bash^00, bash",
    "bash^00^00^00, bash",
    "bash^00left over, bash",
    "no end, no end",
    "a\"b\\c, a\"b\\c",
  })
  void endsAtTheFirstNul(String in, String text) throws Exception {
    assertThat(Decoding.decode(new StringDecoder(), Decoding.bytes(in))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "caf^c3^a9^00, caf\u00e9",
    "^e2^82^ac, \u20ac",
    "^ff, \ufffd",
    "a^80b, a\ufffdb",
    "cut ^e2^82, cut \ufffd",
    "cut ^c3^00^a9, cut \ufffd",
  })
  void replacesWhatIsNotUtf8(String in, String text) throws Exception {
    assertThat(Decoding.decode(new StringDecoder(), Decoding.bytes(in))).isEqualTo(text);
  }
}
