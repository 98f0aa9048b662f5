// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PciDecoderTest {
  private static final String FILE =
      """
      # A comment
      \t1111  Of no vendor

      001c  Small Numbers GmbH
      \t0001  Smallest
      8086  Intel Corporation
      \t10fb  82599ES 10-Gigabit SFI/SFP+ Network Connection
      \t\t8086 0003  Ethernet Server Adapter
      \t1237  440FX - 82441FX PMC [Natoma]
      short
      \t1238  Of no vendor either
      C 01  Mass storage controller
      \t06  SATA controller
      \t\t01  AHCI 1.0
      C 0c  Serial bus controller
      \t03  USB controller
      """;

  @TempDir private Path folder;

  private static String decode(
      Function<Supplier<Optional<PciIds>>, Decoder> decoder,
      Supplier<Optional<PciIds>> ids,
      String in)
      throws DecodeException {
    return Decoding.decode(decoder.apply(ids), in);
  }

  private static Optional<PciIds> ids() {
    return Optional.of(PciIds.parse(FILE));
  }

  @ParameterizedTest
  @CsvSource({
    "32902, Intel Corporation",
    "28, Small Numbers GmbH",
    "29, unknown pci vendor: 0x001d",
    "65536, unknown pci vendor: 0x10000",
  })
  void namesVendors(String in, String text) throws Exception {
    assertThat(decode(PciDecoder::vendor, PciDecoderTest::ids, in)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "2156269819, 82599ES 10-Gigabit SFI/SFP+ Network Connection",
    "2156270135, 440FX - 82441FX PMC [Natoma]",
    "2156270136, unknown pci device: 0x80861238",
    "1835009, Smallest",
    "1835010, unknown pci device: 0x001c0002",
  })
  void namesDevices(String in, String text) throws Exception {
    assertThat(decode(PciDecoder::device, PciDecoderTest::ids, in)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "1, Mass storage controller",
    "12, Serial bus controller",
    "253, unknown pci class: 0xfd",
  })
  void namesClasses(String in, String text) throws Exception {
    assertThat(decode(PciDecoder::pciClass, PciDecoderTest::ids, in)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "262, SATA controller",
    "3075, USB controller",
    "267, unknown pci subclass: 0x010b",
    "64768, unknown pci subclass: 0xfd00",
  })
  void namesSubclasses(String in, String text) throws Exception {
    assertThat(decode(PciDecoder::subclass, PciDecoderTest::ids, in)).isEqualTo(text);
  }

  @Test
  void saysThatThereIsNoDatabase() throws Exception {
    Supplier<Optional<PciIds>> none = PciIds.lazily(List.of(folder.resolve("a")));
    assertThat(decode(PciDecoder::vendor, none, "1")).isEqualTo("missing pci.ids db");
    assertThat(decode(PciDecoder::device, none, "1")).isEqualTo("missing pci.ids db");
    assertThat(decode(PciDecoder::pciClass, none, "1")).isEqualTo("missing pci.ids db");
    assertThat(decode(PciDecoder::subclass, none, "1")).isEqualTo("missing pci.ids db");
  }

  @Test
  void readsTheFirstFileThatThereIs() throws Exception {
    Path second = Files.writeString(folder.resolve("b"), FILE);
    Path third = Files.writeString(folder.resolve("c"), "");
    Supplier<Optional<PciIds>> ids = PciIds.lazily(List.of(folder.resolve("a"), second, third));
    assertThat(decode(PciDecoder::vendor, ids, "32902")).isEqualTo("Intel Corporation");
  }

  @Test
  void refuseWhatIsNotANumber() {
    List.<Function<Supplier<Optional<PciIds>>, Decoder>>of(
            PciDecoder::vendor, PciDecoder::device, PciDecoder::pciClass, PciDecoder::subclass)
        .forEach(
            decoder ->
                assertThatThrownBy(() -> decode(decoder, PciDecoderTest::ids, "0x8086"))
                    .isInstanceOf(DecodeException.class));
  }
}
