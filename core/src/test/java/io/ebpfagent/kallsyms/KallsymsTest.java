// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.kallsyms;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
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

  private void pass(long amount, TimeUnit unit) {
    nanoTime.addAndGet(unit.toNanos(amount));
  }

  private void load(String... modules) throws IOException {
    Files.write(folder.resolve("modules"), List.of(modules));
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
    "ffffffffc0001000, mod_init\t[dummy]",
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
    "ffffffffc0000fff, startup\t[dummy]",
    "ffffffffc0001fff, mod_init\t[dummy]",
    "ffffffffffffffff, ",
    "ffffffff91000200, ",
    "7fffffffffffffff, ",
    "1fff, low",
    "fff, ",
  })
  void findsTheNearestSymbolAtOrBeforeAnAddress(String address, String symbol) throws Exception {
    assertThat(kallsyms(FILE).nearest(Long.parseUnsignedLong(address, 16))).isEqualTo(symbol);
  }

  private static final String KERNEL =
      """
      0000000000000000 A fixed_percpu_data
      0000000000015000 A last_percpu
      ffffffff81000000 T _stext
      ffffffff81000100 T first
      ffffffff81500000 T last
      ffffffff81501000 T _etext
      ffffffff81600000 t init
      ffffffff81601000 T _einittext
      """;

  private static final String DATA = "ffffffff82000000 D data\nffffffff82800000 B _end\n";

  static final String MODULES =
      """
      ffffffffc0000000 t one_first\t[one]
      ffffffffc0000800 t one_last\t[one]
      ffffffffc0010000 d one_data\t[one]
      ffffffffc0004000 t two_first\t[two]
      ffffffffc0100000 t bpf_prog_1\t[bpf]
      """;

  @ParameterizedTest
  @CsvSource({
    "ffffffff81000000, _stext",
    "ffffffff814fffff, first",
    "ffffffff81500fff, last",
    "ffffffff81600fff, init",
    "ffffffff81601000, _einittext",
    "ffffffff81601001, ",
    "ffffffff80ffffff, ",
    "15001, ",
    "8, ",
    "15000, last_percpu",
    "ffffffffc0001fff, one_last\t[one]",
    "ffffffffc0002000, ",
    "ffffffffc0003fff, ",
    "ffffffffc00047ff, two_first\t[two]",
    "ffffffffc0004800, ",
    "ffffffffc0010000, one_data\t[one]",
    "ffffffffc0110000, bpf_prog_1\t[bpf]",
    "ffffffffc0200000, ",
  })
  void takesNoSymbolForAnAddressBehindTheEndOfItsKernelOrModule(String address, String symbol)
      throws Exception {
    load(
        "one 8192 1 two, Live 0xffffffffc0000000",
        "two 2048 0 - Live 0xffffffffc0004000 (OE)",
        "of another form",
        "hidden 4096 0 - Live 0x0000000000000000");
    assertThat(kallsyms(KERNEL + MODULES).nearest(Long.parseUnsignedLong(address, 16)))
        .isEqualTo(symbol);
  }

  @Test
  void takesTheKernelToItsEndWhereThatIsListed() throws Exception {
    Kallsyms kallsyms = kallsyms(KERNEL + DATA);
    assertThat(kallsyms.nearest(0xffffffff82700000L)).isEqualTo("data");
    assertThat(kallsyms.nearest(0xffffffff82800001L)).isNull();
    assertThat(kallsyms.nearest(0xffffffffc0000010L)).isNull();
  }

  @Test
  void goesByTheLargestFunctionWhereModulesAreHidden() throws Exception {
    load("one 8192 0 - Live 0x0000000000000000");
    Kallsyms kallsyms = kallsyms(KERNEL + MODULES);
    long last = 0xffffffffc0100000L;
    assertThat(kallsyms.nearest(0xffffffffc0003fffL)).isEqualTo("one_last\t[one]");
    assertThat(kallsyms.nearest(last + SymbolTable.LARGEST_FUNCTION - 1))
        .isEqualTo("bpf_prog_1\t[bpf]");
    assertThat(kallsyms.nearest(last + SymbolTable.LARGEST_FUNCTION)).isNull();
  }

  @Test
  void noticesAModuleThatIsLoadedLaterWithinASecond() throws Exception {
    load("one 65536 0 - Live 0xffffffffc0000000");
    String one = "ffffffffc0000000 t one_first\t[one]\n";
    Kallsyms kallsyms = kallsyms(KERNEL + one);
    long address = 0xffffffffc0020010L;
    assertThat(kallsyms.nearest(address)).isNull();
    pass(1, TimeUnit.SECONDS);
    assertThat(kallsyms.nearest(address)).as("read again to no avail").isNull();
    load("late 4096 0 - Live 0xffffffffc0020000", "one 65536 1 late, Live 0xffffffffc0000000");
    write(KERNEL + one + "ffffffffc0020000 t late_first\t[late]\n");
    pass(1, TimeUnit.SECONDS);
    assertThat(kallsyms.nearest(address)).isEqualTo("late_first\t[late]");
  }

  @Test
  void noticesAModuleInThePlaceOfAnother() throws Exception {
    load("one 65536 0 - Live 0xffffffffc0000000");
    Kallsyms kallsyms = kallsyms("ffffffffc0000000 t one_first\t[one]\n");
    assertThat(kallsyms.exact(0xffffffffc0000000L)).isEqualTo("one_first\t[one]");
    load("two 65536 0 - Live 0xffffffffc0000000");
    write("ffffffffc0000000 t two_first\t[two]\n");
    assertThat(kallsyms.exact(0xffffffffc0000000L)).isEqualTo("one_first\t[one]");
    pass(1, TimeUnit.SECONDS);
    assertThat(kallsyms.exact(0xffffffffc0000000L)).isEqualTo("two_first\t[two]");
  }

  @Test
  void doesNotReadAllToTellWhetherAddressesAreHidden() throws Exception {
    Kallsyms kallsyms = kallsyms(KERNEL);
    assertThat(kallsyms.isRestricted()).isFalse();
    write("0000000000000000 T one\n");
    assertThat(kallsyms.isRestricted()).isTrue();
    assertThat(new Kallsyms(folder.resolve("none")).isRestricted()).isFalse();
  }

  @Test
  void answersFromWhatItKnowsWhileAnotherReads() throws Exception {
    // Opening a pipe for reading blocks until somebody opens it for writing.
    Path pipe = folder.resolve("kallsyms");
    Kallsyms kallsyms = kallsyms("10 T one\n");
    assertThat(kallsyms.exact(0x10)).isEqualTo("one");
    pass(1, TimeUnit.SECONDS);
    Files.delete(pipe);
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      Future<@Nullable String> reader = threads.submit(() -> kallsyms.exact(0x20));
      while (!kallsyms.isReading()) {
        Thread.onSpinWait();
      }
      assertThat(kallsyms.exact(0x10)).isEqualTo("one");
      assertThat(kallsyms.exact(0x20)).isNull();
      assertThat(kallsyms.nearest(0x11)).isEqualTo("one");
      pass(10, TimeUnit.SECONDS);
      assertThat(kallsyms.exact(0x10)).isEqualTo("one");
      assertThat(kallsyms.exact(0x20)).isNull();
      assertThat(reader.isDone()).isFalse();
      Files.writeString(pipe, "10 T one\n20 T two\n", StandardOpenOption.WRITE);
      assertThat(reader.get()).isEqualTo("two");
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void findsAddressesByNameTheKernelsOwnBeforeAModules() throws Exception {
    Kallsyms kallsyms = kallsyms(FILE);
    assertThat(kallsyms.address("startup")).hasValue(0xffffffff81000000L);
    assertThat(kallsyms.address("mod_init")).hasValue(0xffffffffc0001000L);
    assertThat(kallsyms.address("jiffies")).hasValue(0xffffffff81000200L);
    assertThat(kallsyms.address("jiff")).isEmpty();
    assertThat(kallsyms.address("mod_init\t[dummy]")).isNotEmpty();
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
    assertThat(kallsyms.exact(0x20)).as("what was read just now").isNull();
    pass(1, TimeUnit.SECONDS);
    assertThat(kallsyms.exact(0x20)).isEqualTo("two");
  }

  @Test
  void readsAgainWhenNothingIsNearAnAddress() throws Exception {
    Kallsyms kallsyms = kallsyms("4 T one\n6 T two\n");
    assertThat(kallsyms.nearest(0x5)).isEqualTo("one");
    write("4 T one\n6 T two\n2 T zero\n");
    pass(1, TimeUnit.SECONDS);
    assertThat(kallsyms.nearest(0x3)).isEqualTo("zero");
  }

  @Test
  void doesNotReadAgainForEveryMiss() throws Exception {
    Kallsyms kallsyms = kallsyms("10 T one\n");
    assertThat(kallsyms.exact(0x20)).isNull();
    pass(1, TimeUnit.SECONDS);
    assertThat(kallsyms.exact(0x20)).isNull();
    write("10 T one\n20 T two\n");
    assertThat(kallsyms.exact(0x20)).isNull();
    pass(TimeUnit.SECONDS.toNanos(10) - 1, TimeUnit.NANOSECONDS);
    assertThat(kallsyms.exact(0x20)).isNull();
    pass(1, TimeUnit.NANOSECONDS);
    assertThat(kallsyms.exact(0x20)).isEqualTo("two");
    write("10 T one\n20 T two\n30 T three\n");
    assertThat(kallsyms.exact(0x30)).isNull();
    pass(1, TimeUnit.SECONDS);
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
    pass(1, TimeUnit.SECONDS);
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
      pass(1, TimeUnit.SECONDS);
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
      long symbol = symbols.ceilingKey(random.nextLong(Long.MIN_VALUE, -1));
      long address = symbol + random.nextInt((int) SymbolTable.LARGEST_FUNCTION);
      assertThat(kallsyms.nearest(address)).isEqualTo(symbols.floorEntry(address).getValue());
    }
    symbols.forEach((address, name) -> assertThat(kallsyms.exact(address)).isEqualTo(name));
  }

  @Test
  @Tag("kernel")
  void findsTheRunningKernelsSymbols() throws Exception {
    Kallsyms kallsyms = new Kallsyms(Kallsyms.PATH);
    assertThat(kallsyms.problem()).isEmpty();
    Map<Long, String> last = new HashMap<>();
    for (String line : Files.readAllLines(Kallsyms.PATH)) {
      String[] fields = line.split(" ", 3);
      last.put(Long.parseUnsignedLong(fields[0], 16), fields[2]);
    }
    assertThat(last).hasSizeGreaterThan(10_000);
    // Programs of others come and go meanwhile.
    last.values().removeIf(name -> name.endsWith("\t[bpf]"));
    last.forEach((address, name) -> assertThat(kallsyms.exact(address)).isEqualTo(name));
    long address = kallsyms.address("vfs_read").orElseThrow();
    assertThat(kallsyms.exact(address)).isEqualTo("vfs_read");
    assertThat(kallsyms.nearest(address + 1)).isEqualTo("vfs_read");
  }
}
