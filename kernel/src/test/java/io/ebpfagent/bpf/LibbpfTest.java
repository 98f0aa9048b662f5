// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.ChildJvm;
import io.ebpfagent.OpenDescriptors;
import io.ebpfagent.log.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LibbpfTest {
  /** Requests libbpf several times where there is none, and prints the results. */
  static final class Asking {
    private Asking() {}

    public static void main(String[] arguments) throws Exception {
      System.setProperty("ebpfagent.libbpf", arguments[0]);
      // The first call opens files of the JVM, such as jars, which stay open.
      ask();
      int before = OpenDescriptors.targets().size();
      ask();
      ask();
      System.out.println(OpenDescriptors.targets().size() - before + " descriptors more");
    }

    private static void ask() throws BpfException {
      try {
        new KernelBtf(null, Log.NONE).check();
        System.out.println("it is there");
      } catch (LinkageError e) {
        System.out.println(e);
      }
    }
  }

  @Test
  void aMissingOneIsTheSameErrorEachTime(@TempDir Path dir) throws Exception {
    Path garbage = Files.write(dir.resolve("libbpf.so"), new byte[] {1, 2, 3});
    for (Path library : List.of(dir.resolve("none.so"), garbage)) {
      List<String> told = ChildJvm.run(List.of(), Asking.class, library.toString());
      assertThat(told).hasSize(4).endsWith("0 descriptors more");
      assertThat(told.get(0))
          .startsWith("java.lang.UnsatisfiedLinkError: no usable libbpf (version 1.4 or later): ")
          .contains(library.toString());
      assertThat(told.subList(1, 3)).containsOnly(told.get(0));
    }
  }

  @Test
  void oneThatIsNamedIsTheOneOrNone() {
    assertThatThrownBy(() -> Libbpf.find("/no/such/libbpf.so"))
        .isInstanceOf(UnsatisfiedLinkError.class)
        .hasMessageContaining("/no/such/libbpf.so")
        .hasMessageContaining("EBPF_AGENT_LIBBPF");
  }

  @Test
  void anotherLibraryIsNone() throws IOException {
    assertThatThrownBy(() -> Libbpf.find("libc.so.6"))
        .isInstanceOf(UnsatisfiedLinkError.class)
        .hasMessageContaining("libc.so.6 has no function libbpf_version_string");
  }

  @ParameterizedTest
  @CsvSource({
    "v1.4, true",
    "1.5.2, true",
    "v2.0, true",
    "v1.3, false",
    "v0.9, false",
    "'', false",
    "garbage, false"
  })
  void knowsWhichVersionsWillDo(String version, boolean will) {
    assertThat(Libbpf.atLeastOldest(version)).isEqualTo(will);
  }
}
