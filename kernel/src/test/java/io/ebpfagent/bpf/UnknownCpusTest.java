// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.ChildJvm;
import io.ebpfagent.KernelTest;
import io.ebpfagent.NativeBytes;
import io.ebpfagent.linux.Cpus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests a system whose /sys does not tell how many values a row of a per-CPU map has. */
@KernelTest
final class UnknownCpusTest {
  /** Reads a map with one value a row, and one with several. */
  static final class Reading {
    private Reading() {}

    public static void main(String[] arguments) throws Exception {
      try (BpfObject object = TestRows.load()) {
        BpfMap hash = TestRows.map(object, "hash_u64");
        hash.update(NativeBytes.u64s(1, 2), NativeBytes.u64s(3));
        System.out.println(TestRows.readAll(hash).size() + " row");
        for (String name : List.of("percpu_hash_u64", "percpu_array_u64")) {
          try {
            System.out.println(TestRows.readAll(TestRows.map(object, name)).size() + " rows");
          } catch (BpfException e) {
            System.out.println(e.getMessage());
          }
        }
      }
    }
  }

  /** Prints how many values a row has, and how many are read. */
  static final class Counting {
    private Counting() {}

    public static void main(String[] arguments) throws Exception {
      try (BpfObject object = TestRows.load()) {
        BpfMap array = TestRows.map(object, "percpu_array_u64");
        System.out.println(array.valuesPerRow());
        System.out.println(TestRows.readAll(array).getFirst().values().size());
      }
    }
  }

  /** The kernel would write behind the end of the buffer. */
  @Test
  void theKernelIsBelievedAndNotAContainersSys(@TempDir Path dir) throws Exception {
    int real = Cpus.possible();
    Path file = Files.writeString(dir.resolve("possible"), real > 1 ? "0\n" : "0-1\n");
    List<String> told =
        ChildJvm.run(
            ChildJvm.after("mount --bind " + file + " /sys/devices/system/cpu/possible"),
            Counting.class);
    assertThat(told).containsExactly("" + real, "" + real);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "garbage\n", "0-\n"})
  void onlyPerCpuMapsAreNotRead(String possible, @TempDir Path dir) throws Exception {
    Path file = Files.writeString(dir.resolve("possible"), possible);
    List<String> told =
        ChildJvm.run(
            ChildJvm.after("mount --bind " + file + " /sys/devices/system/cpu/possible"),
            Reading.class);

    assertThat(told).hasSize(3);
    assertThat(told.get(0)).isEqualTo("1 row");
    assertThat(told.get(1))
        .startsWith(
            "read map percpu_hash_u64 (the number of CPUs is unknown:"
                + " /sys/devices/system/cpu/possible can't be read: not a list of CPUs: ");
    assertThat(told.get(2)).startsWith("read map percpu_array_u64 (the number of CPUs is unknown");
  }

  @Test
  void otherwiseTheyAre() throws Exception {
    List<String> told = ChildJvm.run(List.of(), Reading.class);
    assertThat(told).containsExactly("1 row", "0 rows", "4 rows");
  }
}
