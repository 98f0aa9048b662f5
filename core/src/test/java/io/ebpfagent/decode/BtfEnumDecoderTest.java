// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BtfEnumDecoderTest {
  private static final Map<Long, String> REASONS =
      Map.of(
          0L, "SKB_NOT_DROPPED_YET",
          2L, "SKB_DROP_REASON_NOT_SPECIFIED",
          65536L, "SKB_DROP_REASON_SUBSYS",
          -1L, "SKB_DROP_REASON_MINUS_ONE",
          4294967294L, "SKB_DROP_REASON_BIG");

  @ParameterizedTest
  @CsvSource({
    "0, SKB_NOT_DROPPED_YET",
    "2, NOT_SPECIFIED",
    "65536, SUBSYS",
    "3, unknown:3",
    "4294967295, MINUS_ONE",
    "18446744073709551615, MINUS_ONE",
    "4294967294, BIG",
    "18446744073709551614, unknown:18446744073709551614",
  })
  void namesEnumeratorsWithoutThePrefix(String in, String text) throws Exception {
    BtfEnumDecoder decoder = new BtfEnumDecoder(REASONS, "SKB_DROP_REASON_");
    assertThat(Decoding.decode(decoder, in)).isEqualTo(text);
  }

  @Test
  void keepsTheWholeNameWithoutAPrefixToTrim() throws Exception {
    BtfEnumDecoder decoder = new BtfEnumDecoder(REASONS, "");
    assertThat(Decoding.decode(decoder, "2")).isEqualTo("SKB_DROP_REASON_NOT_SPECIFIED");
  }

  @Test
  void knowsNoneOfAnEnumThatTheKernelLacks() throws Exception {
    assertThat(Decoding.decode(new BtfEnumDecoder(Map.of(), ""), "2")).isEqualTo("unknown:2");
  }

  @Test
  void refusesWhatIsNotANumber() {
    BtfEnumDecoder decoder = new BtfEnumDecoder(REASONS, "");
    assertThatThrownBy(() -> Decoding.decode(decoder, "two")).isInstanceOf(DecodeException.class);
  }
}
