// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.kallsyms;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Symbols of a kernel that is large enough to be looked up in the text. */
final class LargeKernelTest {
  @TempDir private Path folder;

  private Kallsyms kallsyms(String text) throws IOException {
    return new Kallsyms(Files.writeString(folder.resolve("kallsyms"), text));
  }

  /** A kernel of 5,000 symbols, which are looked up in the text, and two modules' behind it. */
  private static String large() {
    StringBuilder file = new StringBuilder("0000000000000000 A percpu\n");
    for (int i = 0; i <= 5_000; i++) {
      String name = i == 0 ? "_stext" : i == 5_000 ? "_end" : "symbol_" + i;
      // Every fourth shares its address with the one before.
      file.append(Long.toHexString(0xffffffff81000000L + (i - (i % 4 == 3 ? 1 : 0)) * 0x100L));
      file.append(" T ").append(name).append('\n');
    }
    return file + KallsymsTest.MODULES;
  }

  @ParameterizedTest
  @CsvSource({
    "ffffffff81000000, _stext, _stext",
    "ffffffff81000001, , _stext",
    "ffffffff81000200, symbol_3, symbol_3",
    "ffffffff810002ff, , symbol_3",
    "ffffffff81000400, symbol_4, symbol_4",
    "ffffffff81138600, symbol_4999, symbol_4999",
    "ffffffff81138801, , ",
    "0, percpu, percpu",
    "1, , ",
    "ffffffffc0000800, one_last\t[one], one_last\t[one]",
    "ffffffffc0000801, , one_last\t[one]",
    "ffffffffc0010000, one_data\t[one], one_data\t[one]",
    "ffffffffc0010001, , one_data\t[one]",
    "ffffffffc0200000, , ",
    "ffffffffffffffff, , ",
  })
  void findsSymbolsOfALargeKernelAndOfItsModules(String address, String exact, String nearest)
      throws Exception {
    long value = Long.parseUnsignedLong(address, 16);
    assertThat(kallsyms(large()).exact(value)).isEqualTo(exact);
    assertThat(kallsyms(large()).nearest(value)).isEqualTo(nearest);
  }

  @Test
  void findsAddressesOfALargeKernelByName() throws Exception {
    Kallsyms kallsyms = kallsyms(large());
    assertThat(kallsyms.address("percpu")).hasValue(0);
    assertThat(kallsyms.address("symbol_3")).hasValue(0xffffffff81000200L);
    assertThat(kallsyms.address("two_first")).hasValue(0xffffffffc0004000L);
    assertThat(kallsyms.address("symbol")).isEmpty();
    assertThat(kallsyms.address("ymbol_3")).isEmpty();
  }

  @Test
  void seesThatALargeKernelHidesItsAddresses() throws Exception {
    Kallsyms kallsyms = kallsyms(large().replaceAll("(?m)^f+[0-9a-f]+", "0000000000000000"));
    assertThat(kallsyms.problem()).get().asString().contains("CAP_SYSLOG");
    assertThat(kallsyms.exact(0)).isNull();
    assertThat(kallsyms.nearest(1)).isNull();
    assertThat(kallsyms.address("percpu")).isEmpty();
  }
}
