// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class IfnameDecoderTest {
  @TempDir private Path folder;
  private long nanoTime;

  private void add(String name, String index) throws IOException {
    Files.writeString(Files.createDirectory(folder.resolve(name)).resolve("ifindex"), index);
  }

  private IfnameDecoder decoder() throws IOException {
    add("lo", "1\n");
    add("eth0.100", "7\n");
    add("broken", "x\n");
    Files.writeString(folder.resolve("bonding_masters"), "\n");
    return new IfnameDecoder(folder, () -> nanoTime);
  }

  @ParameterizedTest
  @CsvSource({"1, lo", "7, eth0.100", "0, unknown:0", "-1, unknown:4294967295"})
  void namesInterfaces(int index, String name) throws Exception {
    assertThat(Decoding.decode(decoder(), Decoding.u32(index))).isEqualTo(name);
  }

  @Test
  void readsTheIndexBeforePadding() throws Exception {
    IfnameDecoder decoder = decoder();
    assertThat(Decoding.decode(decoder, Decoding.u32(7, 0))).isEqualTo("eth0.100");
    assertThat(Decoding.decode(decoder, Decoding.u32(7, -1, 9))).isEqualTo("eth0.100");
  }

  @Test
  void refusesLessThanAnIndex() throws Exception {
    IfnameDecoder decoder = decoder();
    assertThatThrownBy(() -> Decoding.decode(decoder, new byte[3]))
        .isInstanceOf(DecodeException.class)
        .hasMessage("needs 4 bytes");
  }

  @Test
  void findsNewInterfacesAfterASecondAndRenamedOnesAfterTen() throws Exception {
    IfnameDecoder decoder = decoder();
    assertThat(Decoding.decode(decoder, Decoding.u32(8))).isEqualTo("unknown:8");
    add("wg0", "8\n");
    Files.move(folder.resolve("eth0.100"), folder.resolve("vlan100"));
    assertThat(Decoding.decode(decoder, Decoding.u32(8))).isEqualTo("unknown:8");
    assertThat(Decoding.decode(decoder, Decoding.u32(7))).isEqualTo("eth0.100");
    nanoTime += TimeUnit.SECONDS.toNanos(1);
    assertThat(Decoding.decode(decoder, Decoding.u32(7))).isEqualTo("eth0.100");
    assertThat(Decoding.decode(decoder, Decoding.u32(8))).isEqualTo("wg0");
    Files.move(folder.resolve("wg0"), folder.resolve("wg1"));
    nanoTime += TimeUnit.SECONDS.toNanos(10);
    assertThat(Decoding.decode(decoder, Decoding.u32(8))).isEqualTo("wg1");
  }

  @Test
  void knowsNoneWithoutSysfs() throws Exception {
    IfnameDecoder decoder = new IfnameDecoder(folder.resolve("none"), () -> nanoTime);
    assertThat(Decoding.decode(decoder, Decoding.u32(1))).isEqualTo("unknown:1");
  }

  @Test
  @Tag("kernel")
  void namesThisMachinesLoopback() throws Exception {
    IfnameDecoder decoder = new IfnameDecoder(Path.of("/sys/class/net"), System::nanoTime);
    assertThat(Decoding.decode(decoder, Decoding.u32(1))).isEqualTo("lo");
  }
}
