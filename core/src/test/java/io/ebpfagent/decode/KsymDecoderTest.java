// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.kallsyms.Kallsyms;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class KsymDecoderTest {
  @TempDir private Path folder;
  private Path file = Path.of("");

  @BeforeEach
  void writeSymbols() throws Exception {
    file =
        Files.writeString(
            folder.resolve("kallsyms"),
            "ffffffff81000010 T one\nffffffff81000020 t two\nffffffffc0000000 t three\t[module]\n");
  }

  @ParameterizedTest
  @CsvSource({
    "ffffffff81000010, one",
    "ffffffff81000020, two",
    "ffffffffc0000000, three\t[module]",
    "ffffffff81000011, unknown_addr:0xffffffff81000011",
    "0, unknown_addr:0x0",
    "1000, unknown_addr:0x1000",
  })
  void namesTheSymbolThatStartsThere(String address, String text) throws Exception {
    KsymDecoder decoder = new KsymDecoder(new Kallsyms(file));
    byte[] key = Decoding.u64(Long.parseUnsignedLong(address, 16));
    assertThat(Decoding.decode(decoder, key)).isEqualTo(text);
  }

  @Test
  void readsTheAddressBeforePadding() throws Exception {
    KsymDecoder decoder = new KsymDecoder(new Kallsyms(file));
    assertThat(Decoding.decode(decoder, Decoding.u64(0xffffffff81000010L, -1))).isEqualTo("one");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 7})
  void refusesLessThanAnAddress(int length) {
    KsymDecoder decoder = new KsymDecoder(new Kallsyms(file));
    assertThatThrownBy(() -> Decoding.decode(decoder, new byte[length]))
        .isInstanceOf(DecodeException.class)
        .hasMessage("needs 8 bytes");
  }

  @Test
  void readsKallsymsAgainWhenAnAddressIsMissing() throws Exception {
    long[] nanoTime = {0};
    KsymDecoder decoder = new KsymDecoder(new Kallsyms(file, () -> nanoTime[0]));
    assertThat(Decoding.decode(decoder, Decoding.u64(0xffffffff81000010L))).isEqualTo("one");
    nanoTime[0] += 1_000_000_000;
    Files.writeString(file, "ffffffff81000030 T loaded\n");
    assertThat(Decoding.decode(decoder, Decoding.u64(0xffffffff81000030L))).isEqualTo("loaded");
  }

  @Test
  void knowsNoSymbolWithoutKallsyms() throws Exception {
    KsymDecoder decoder = new KsymDecoder(new Kallsyms(folder.resolve("none")));
    assertThat(Decoding.decode(decoder, Decoding.u64(0xabcL))).isEqualTo("unknown_addr:0xabc");
  }
}
