// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StaticMapDecoderTest {
  private static final Map<String, String> MAP = Map.of("1", "read", "2", "write", "", "nothing");

  @ParameterizedTest
  @CsvSource({
    "1, read",
    "2, write",
    "'', nothing",
    "3, unknown:3",
    "01, unknown:01",
    "^ff, unknown:\ufffd",
  })
  void maps(String in, String text) throws Exception {
    StaticMapDecoder decoder = new StaticMapDecoder(MAP, false);
    assertThat(Decoding.decode(decoder, Decoding.bytes(in))).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"1, read", "3, 3", "x, x", "^ff, \ufffd"})
  void passesUnknownInputThroughWhereAllowed(String in, String text) throws Exception {
    StaticMapDecoder decoder = new StaticMapDecoder(MAP, true);
    assertThat(Decoding.decode(decoder, Decoding.bytes(in))).isEqualTo(text);
  }

  @Test
  void knowsNothingWhenEmpty() throws Exception {
    assertThat(Decoding.decode(new StaticMapDecoder(Map.of(), false), "1")).isEqualTo("unknown:1");
  }

  @Test
  void findsEachOfManyKeys() throws Exception {
    Map<String, String> map =
        IntStream.range(0, 1000)
            .boxed()
            .collect(Collectors.toMap(i -> "key " + i, i -> "value " + i));
    StaticMapDecoder decoder = new StaticMapDecoder(map, false);
    for (int i = 0; i < 1000; i++) {
      assertThat(Decoding.decode(decoder, "key " + i)).isEqualTo("value " + i);
    }
    assertThat(Decoding.decode(decoder, "key 1000")).isEqualTo("unknown:key 1000");
  }
}
