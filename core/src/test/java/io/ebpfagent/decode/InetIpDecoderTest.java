// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class InetIpDecoderTest {
  private final InetIpDecoder decoder = new InetIpDecoder();

  @ParameterizedTest
  @CsvSource({
    "00000000, 0.0.0.0",
    "7f000001, 127.0.0.1",
    "c0a80164, 192.168.1.100",
    "ffffffff, 255.255.255.255",
  })
  void printsV4Dotted(String hex, String text) throws Exception {
    assertThat(Decoding.decode(decoder, HexFormat.of().parseHex(hex))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "00000000000000000000000000000000, ::",
    "00000000000000000000000000000001, ::1",
    "00010000000000000000000000000000, 1::",
    "00010000000000000000000000000001, 1::1",
    "00000001000000000000000000000000, 0:1::",
    "20010db8000000000000000000000001, 2001:db8::1",
    "20010db8000000000001000000000001, 2001:db8::1:0:0:1",
    "20010db8000000010000000000000001, 2001:db8:0:1::1",
    "20010db8000000010001000100010001, 2001:db8:0:1:1:1:1:1",
    "20010db8000100010001000100010000, 2001:db8:1:1:1:1:1:0",
    "20010db8000100010001000100000000, 2001:db8:1:1:1:1::",
    "00000db8000100010001000100010001, 0:db8:1:1:1:1:1:1",
    "000000000db800010001000100010001, ::db8:1:1:1:1:1",
    "00010000000000010000000000000001, 1:0:0:1::1",
    "00010000000000000001000000000001, 1::1:0:0:1",
    "20010db80aab00000000000000000abc, 2001:db8:aab::abc",
    "fe80000000000000020c29fffe0cffee, fe80::20c:29ff:fe0c:ffee",
    "ffffffffffffffffffffffffffffffff, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    "000000000000000000000000c0a80101, ::c0a8:101",
    "0064ff9b0000000000000000c0a80101, 64:ff9b::c0a8:101",
    "00000000000000000000ffff0001, ?00000000000000000000ffff0001",
  })
  void printsV6AsRfc5952Recommends(String hex, String text) throws Exception {
    assertThat(Decoding.decode(decoder, HexFormat.of().parseHex(hex))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "00000000000000000000ffff7f000001, 127.0.0.1",
    "00000000000000000000ffff00000000, 0.0.0.0",
    "00000000000000000000fffe7f000001, ::fffe:7f00:1",
    "00000000000000000001ffff7f000001, ::1:ffff:7f00:1",
    "01000000000000000000ffff7f000001, 100::ffff:7f00:1",
  })
  void printsV4MappedIntoV6AsV4(String hex, String text) throws Exception {
    assertThat(Decoding.decode(decoder, HexFormat.of().parseHex(hex))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"'', ?", "01, ?01", "0a0b0c, ?0a0b0c", "0102030405, ?0102030405"})
  void marksOtherLengths(String hex, String text) throws Exception {
    assertThat(Decoding.decode(decoder, HexFormat.of().parseHex(hex))).isEqualTo(text);
  }

  @Test
  void printsWhatReadsBackAsTheSameAddress() throws Exception {
    Random random = new Random(1);
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 20_000; i++) {
      byte[] address = new byte[16];
      random.nextBytes(address);
      for (int group = 0; group < 8; group++) {
        if (random.nextBoolean()) {
          address[group * 2] = 0;
          address[group * 2 + 1] = (byte) (random.nextBoolean() ? 0 : 1);
        }
      }
      String text = Decoding.decode(decoder, address);
      assertThat(InetAddress.getByName(text)).isEqualTo(InetAddress.getByAddress(address));
      assertThat(text).doesNotContain(":::").doesNotMatch(".*::.*::.*");
      seen.add(text);
    }
    assertThat(seen).hasSizeGreaterThan(10_000);
  }
}
