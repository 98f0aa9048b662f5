// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ErrnoDecoderTest {
  private final ErrnoDecoder decoder = new ErrnoDecoder();

  @ParameterizedTest
  @CsvSource({
    "0, unknown:0",
    "1, EPERM",
    "11, EAGAIN",
    "32, EPIPE",
    "35, EDEADLK",
    "41, unknown:41",
    "95, ENOTSUP",
    "104, ECONNRESET",
    "133, EHWPOISON",
    "134, unknown:134",
    "18446744073709551615, unknown:18446744073709551615",
  })
  void namesErrors(String in, String text) throws Exception {
    assertThat(Decoding.decode(decoder, in)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "EPERM", "-1"})
  void refusesWhatIsNotANumber(String in) {
    assertThatThrownBy(() -> Decoding.decode(decoder, in)).isInstanceOf(DecodeException.class);
  }
}
