// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MajorMinorDecoderTest {
  @TempDir private Path folder;

  private MajorMinorDecoder decoder() throws Exception {
    Path partitions =
        Files.writeString(
            folder.resolve("partitions"),
            """
            major minor  #blocks  name

               8        0  500107608 sda
               8       16  500107608 sdb
             259        0  268435456 nvme0n1
             253      300    1048576 dm-300
             252  1048575          1 vdlast
               9
            """);
    return new MajorMinorDecoder(partitions, () -> 0);
  }

  @ParameterizedTest
  @CsvSource({
    "00000800, sda",
    "00000810, sdb",
    "00010300, nvme0n1",
    "0010fd2c, dm-300",
    "fff0fcff, vdlast",
    "00008810, unknown:136:16",
    "00000000, unknown:0:0",
    "ffffffff, unknown:4095:1048575",
  })
  void namesDevices(String device, String name) throws Exception {
    byte[] key = Decoding.u32(Integer.parseUnsignedInt(device, 16));
    assertThat(Decoding.decode(decoder(), key)).isEqualTo(name);
  }

  @Test
  void readsTheNumberBeforePadding() throws Exception {
    assertThat(Decoding.decode(decoder(), Decoding.u32(0x810, -1))).isEqualTo("sdb");
  }

  @Test
  void namesDevicesBesideOneWhoseNameIsNoText() throws Exception {
    Path partitions =
        Files.write(
            folder.resolve("partitions"),
            Decoding.bytes("   8        0  1 s^ffda^0a   8       16  1 sdb^0a"));
    MajorMinorDecoder decoder = new MajorMinorDecoder(partitions, () -> 0);
    assertThat(Decoding.decode(decoder, Decoding.u32(0x810))).isEqualTo("sdb");
    assertThat(Decoding.decode(decoder, Decoding.u32(0x800))).isEqualTo("s\ufffdda");
  }

  @Test
  void refusesLessThanANumber() throws Exception {
    MajorMinorDecoder decoder = decoder();
    assertThatThrownBy(() -> Decoding.decode(decoder, new byte[2]))
        .isInstanceOf(DecodeException.class)
        .hasMessage("needs 4 bytes");
  }

  @Test
  void knowsNoneWithoutTheFile() throws Exception {
    MajorMinorDecoder decoder = new MajorMinorDecoder(folder.resolve("none"), () -> 0);
    assertThat(Decoding.decode(decoder, Decoding.u32(0x800))).isEqualTo("unknown:8:0");
  }
}
