// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.kallsyms.Kallsyms;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class KstackDecoderTest {
  @TempDir private Path folder;

  private KstackDecoder decoder() throws Exception {
    Path file = folder.resolve("kallsyms");
    Files.writeString(
        file, "0000000000000004 T one\n0000000000000006 T two\n00000000000000aa T x\n");
    return new KstackDecoder(new Kallsyms(file));
  }

  @ParameterizedTest
  @CsvSource({
    "'', ''",
    "0, ''",
    "0 4, ''",
    "4, one",
    "4 5 6 0, one|one|two",
    "ab 10 6 0 4, x|two|two",
    "1 ac 1 0, ??|x|??",
    "ffffffffffffffff 5, ??|one",
    "200aa 200a9, ??|x",
  })
  void namesTheNearestSymbolOfEachFrameUpToTheFirstZero(String frames, String symbols)
      throws Exception {
    long[] addresses =
        Stream.of(frames.split(" ", -1))
            .filter(frame -> !frame.isEmpty())
            .mapToLong(frame -> Long.parseUnsignedLong(frame, 16))
            .toArray();
    assertThat(Decoding.decode(decoder(), Decoding.u64(addresses)))
        .isEqualTo(symbols.replace('|', '\n'));
  }

  @Test
  void refusesPartOfAFrame() throws Exception {
    KstackDecoder decoder = decoder();
    byte[] key = Arrays.copyOf(Decoding.u64(4, 5), 15);
    assertThatThrownBy(() -> Decoding.decode(decoder, key))
        .isInstanceOf(DecodeException.class)
        .hasMessage("needs 8 bytes a frame");
  }
}
