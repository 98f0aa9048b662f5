// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.kallsyms;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class KallsymsTest {
  private static final String FILE =
      """
      ffffffff81000000 T startup
      ffffffff81000100 t __do_sys_read
      ffffffff81000100 T __x64_sys_read
      0000000000001000 A low
      ffffffffc0001000 t mod_init\t[dummy]
      ffffffff81000200 D jiffies
      ffffffffc0000f00 t startup\t[dummy]
      """;

  @TempDir private Path folder;
  private final AtomicLong nanoTime = new AtomicLong(Long.MAX_VALUE - 5);

  private Path write(String text) throws IOException {
    return Files.writeString(folder.resolve("kallsyms"), text);
  }

  private Kallsyms kallsyms(String text) throws IOException {
    return new Kallsyms(write(text), nanoTime::get);
  }

  @ParameterizedTest
  @CsvSource({
    "ffffffff81000000, startup",
    "ffffffff81000001, ",
    "ffffffff81000100, __x64_sys_read",
    "ffffffff81000200, jiffies",
    "ffffffffc0001000, mod_init [dummy]",
    "1000, low",
    "fff, ",
    "ffffffffffffffff, ",
    "0, ",
  })
  void findsTheSymbolThatStartsAtAnAddress(String address, String symbol) throws Exception {
    assertThat(kallsyms(FILE).exact(Long.parseUnsignedLong(address, 16))).isEqualTo(symbol);
  }

  @ParameterizedTest
  @CsvSource({
    "ffffffff81000000, startup",
    "ffffffff810000ff, startup",
    "ffffffff81000100, __x64_sys_read",
    "ffffffff8100ffff, jiffies",
    "ffffffffc0000fff, startup [dummy]",
    "ffffffffffffffff, mod_init [dummy]",
    "7fffffffffffffff, low",
    "fff, ",
  })
  void findsTheNearestSymbolAtOrBeforeAnAddress(String address, String symbol) throws Exception {
    assertThat(kallsyms(FILE).nearest(Long.parseUnsignedLong(address, 16))).isEqualTo(symbol);
  }

  @Test
  void findsAddressesByNameTheKernelsOwnBeforeAModules() throws Exception {
    Kallsyms kallsyms = kallsyms(FILE);
    assertThat(kallsyms.address("startup")).hasValue(0xffffffff81000000L);
    assertThat(kallsyms.address("mod_init")).hasValue(0xffffffffc0001000L);
    assertThat(kallsyms.address("jiffies")).hasValue(0xffffffff81000200L);
    assertThat(kallsyms.address("jiff")).isEmpty();
    assertThat(kallsyms.address("mod_init [dummy]")).isNotEmpty();
  }

  @Test
  void passesOverLinesOfAnotherForm() throws Exception {
    Kallsyms kallsyms =
        kallsyms(
            "\nnonsense\n10\n11 T\n12 T \n T name\n00000000000000010 T seventeen_digits\n20 T good\n"
                + "30 T unended");
    assertThat(kallsyms.nearest(0x1f)).isNull();
    assertThat(kallsyms.exact(0x20)).isEqualTo("good");
    assertThat(kallsyms.exact(0x30)).isEqualTo("unended");
  }

  @Test
  void readsAgainWhenAnAddressIsMissing() throws Exception {
    Kallsyms kallsyms = kallsyms("10 T one\n");
    assertThat(kallsyms.exact(0x10)).isEqualTo("one");
    write("10 T one\n20 T two\n");
    assertThat(kallsyms.exact(0x20)).isEqualTo("two");
  }

  @Test
  void readsAgainWhenNothingIsNearAnAddress() throws Exception {
    Kallsyms kallsyms = kallsyms("4 T one\n6 T two\n");
    assertThat(kallsyms.nearest(0x5)).isEqualTo("one");
    write("4 T one\n6 T two\n2 T zero\n");
    assertThat(kallsyms.nearest(0x3)).isEqualTo("zero");
  }

  @Test
  void doesNotReadAgainForEveryMiss() throws Exception {
    Kallsyms kallsyms = kallsyms("10 T one\n");
    assertThat(kallsyms.exact(0x20)).isNull();
    write("10 T one\n20 T two\n");
    assertThat(kallsyms.exact(0x20)).isNull();
    nanoTime.addAndGet(TimeUnit.SECONDS.toNanos(10) - 1);
    assertThat(kallsyms.exact(0x20)).isNull();
    nanoTime.incrementAndGet();
    assertThat(kallsyms.exact(0x20)).isEqualTo("two");
    write("10 T one\n20 T two\n30 T three\n");
    assertThat(kallsyms.exact(0x30)).isNull();
    nanoTime.addAndGet(TimeUnit.SECONDS.toNanos(1));
    assertThat(kallsyms.exact(0x30)).isEqualTo("three");
  }

  @Test
  void saysThatAddressesAreHidden() throws Exception {
    Kallsyms kallsyms = kallsyms("0000000000000000 T one\n0000000000000000 T two\n");
    assertThat(kallsyms.isRestricted()).isTrue();
    assertThat(kallsyms.exact(0)).isNull();
    assertThat(kallsyms.nearest(5)).isNull();
    assertThat(kallsyms.address("one")).isEmpty();
    assertThat(kallsyms.problem()).get().asString().contains("CAP_SYSLOG");
  }

  @Test
  void saysThatTheFileIsMissingAndReadsItWhenItIsThere() throws Exception {
    Kallsyms kallsyms = new Kallsyms(folder.resolve("kallsyms"), nanoTime::get);
    assertThat(kallsyms.problem()).get().asString().contains("can't be read");
    assertThat(kallsyms.isRestricted()).isFalse();
    write("10 T one\n");
    assertThat(kallsyms.exact(0x10)).isEqualTo("one");
    assertThat(kallsyms.problem()).isEmpty();
  }

  @Test
  void readsTheFileThatItKeptOpen() throws Exception {
    try (Kallsyms kallsyms = kallsyms("10 T one\n")) {
      kallsyms.keepOpen();
      kallsyms.keepOpen();
      assertThat(kallsyms.exact(0x10)).isEqualTo("one");
      write("10 T one\n20 T two\n");
      Files.move(folder.resolve("kallsyms"), folder.resolve("moved"));
      assertThat(kallsyms.exact(0x20)).isEqualTo("two");
    }
  }

  @Test
  void sortsManySymbolsInAnyOrder() throws Exception {
    Random random = new Random(7);
    TreeMap<Long, String> symbols = new TreeMap<>(Long::compareUnsigned);
    StringBuilder file = new StringBuilder();
    for (int i = 0; i < 100_000; i++) {
      long address = random.nextLong() | 1;
      symbols.put(address, "symbol" + i);
      file.append(Long.toHexString(address)).append(" t symbol").append(i).append('\n');
    }
    Kallsyms kallsyms = kallsyms(file.toString());
    for (int i = 0; i < 10_000; i++) {
      long address = random.nextLong();
      var floor = symbols.floorEntry(address);
      assertThat(kallsyms.nearest(address)).isEqualTo(floor == null ? null : floor.getValue());
    }
    symbols.forEach((address, name) -> assertThat(kallsyms.exact(address)).isEqualTo(name));
  }

  @Test
  @Tag("kernel")
  void findsTheRunningKernelsSymbols() {
    Kallsyms kallsyms = new Kallsyms(Kallsyms.PATH);
    assertThat(kallsyms.problem()).isEmpty();
    long address = kallsyms.address("vfs_read").orElseThrow();
    assertThat(kallsyms.exact(address)).isEqualTo("vfs_read");
    assertThat(kallsyms.nearest(address + 1)).isEqualTo("vfs_read");
  }
}
