// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HexDecoderTest {
  @ParameterizedTest
  @CsvSource({"'', ''", "^00, 00", "^0f^f0, 0ff0", "^80^ff^7f, 80ff7f", "^de^ad^be^ef, deadbeef"})
  void printsEveryByteAsTwoLowerCaseDigits(String in, String text) throws Exception {
    assertThat(Decoding.decode(new HexDecoder(), Decoding.bytes(in))).isEqualTo(text);
  }
}
