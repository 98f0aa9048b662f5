// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static io.ebpfagent.NativeBytes.u32s;
import static io.ebpfagent.NativeBytes.u64s;
import static io.ebpfagent.metrics.TestMetrics.perCpu;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.linux.Cpus;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@KernelTest
final class PerCpuSeriesTest {
  private static final String CPU = "- {name: cpu, size: 2, decoders: [{name: uint}]}\n";

  @ParameterizedTest
  @ValueSource(strings = {"percpu_hash_u64", "lru_percpu_hash_u64"})
  void valuesAreSummed(String map) throws Exception {
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter(map, TestMetrics.PAIR))) {
      test.put(map, u64s(1, 2), perCpu(100));
      test.put(map, u64s(3, 4), new long[Cpus.possible()]);
      assertThat(test.samples(map))
          .containsExactlyInAnyOrder(
              map + "{a=\"1\",b=\"2\"} " + Arrays.stream(perCpu(100)).sum(),
              map + "{a=\"3\",b=\"4\"} 0");
    }
  }

  @Test
  void anArraysValuesAreSummedByRow() throws Exception {
    String labels = "labels: [{name: slot, size: 4, decoders: [{name: uint}]}]";
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("percpu_array_u64", labels))) {
      test.put("percpu_array_u64", u32s(2), perCpu(7));
      assertThat(test.samples("percpu_array_u64"))
          .containsExactly(
              "percpu_array_u64{slot=\"0\"} 0",
              "percpu_array_u64{slot=\"1\"} 0",
              "percpu_array_u64{slot=\"2\"} " + Arrays.stream(perCpu(7)).sum(),
              "percpu_array_u64{slot=\"3\"} 0");
    }
  }

  @Test
  void aLastLabelCpuMakesEachCpuASeries() throws Exception {
    String labels = TestMetrics.PAIR + CPU.indent(2);
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("percpu_hash_u64", labels))) {
      test.put("percpu_hash_u64", u64s(1, 2), perCpu(100));
      List<String> expected =
          IntStream.range(0, Cpus.possible())
              .mapToObj("percpu_hash_u64{a=\"1\",b=\"2\",cpu=\"%d\"} "::formatted)
              .toList();
      assertThat(test.samples("percpu_hash_u64"))
          .hasSize(Cpus.possible())
          .allMatch(line -> expected.stream().anyMatch(line::startsWith))
          .first()
          .isEqualTo("percpu_hash_u64{a=\"1\",b=\"2\",cpu=\"0\"} 100");
      assertThat(test.samples("percpu_hash_u64").getLast())
          .endsWith("cpu=\"%d\"} %d".formatted(Cpus.possible() - 1, 99 + Cpus.possible()));
    }
  }

  @Test
  void cpuMayBeTheOnlyLabel() throws Exception {
    try (TestMetrics test =
        TestMetrics.of(TestMetrics.counter("percpu_single", "labels:\n" + CPU.indent(2)))) {
      test.put("percpu_single", u32s(0), perCpu(40));
      List<String> expected =
          IntStream.range(0, Cpus.possible())
              .mapToObj(cpu -> "percpu_single{cpu=\"%d\"} %d".formatted(cpu, 40 + cpu))
              .toList();
      assertThat(test.samples("percpu_single")).isEqualTo(expected);
    }
  }

  @Test
  void cpuAsTheOnlyLabelAddsUpAllRows() throws Exception {
    try (TestMetrics test =
        TestMetrics.of(TestMetrics.counter("percpu_array_u64", "labels:\n" + CPU.indent(2)))) {
      test.put("percpu_array_u64", u32s(0), perCpu(40));
      test.put("percpu_array_u64", u32s(3), perCpu(1000));
      List<String> expected =
          IntStream.range(0, Cpus.possible())
              .mapToObj(cpu -> "percpu_array_u64{cpu=\"%d\"} %d".formatted(cpu, 1040 + 2 * cpu))
              .toList();
      assertThat(test.samples("percpu_array_u64")).isEqualTo(expected);
    }
  }

  @Test
  void cpuIsDecodedLikeAnyLabel() throws Exception {
    String labels =
        """
        labels:
          - name: cpu
            size: 2
            decoders:
              - name: uint
              - {name: static_map, static_map: {0: boot}, allow_unknown: true}
        """;
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("percpu_single", labels))) {
      test.put("percpu_single", u32s(0), perCpu(40));
      assertThat(test.samples("percpu_single")).startsWith("percpu_single{cpu=\"boot\"} 40");
    }
  }

  @Test
  void cpuOfAMapThatIsNotPerCpuIsPartOfTheKey() throws Exception {
    String labels =
        """
        labels:
          - {name: a, size: 4, decoders: [{name: uint}]}
          - {name: b, size: 2, decoders: [{name: uint}]}
          - {name: cpu, size: 2, decoders: [{name: uint}]}
        """;
    try (TestMetrics test = TestMetrics.of(TestMetrics.counter("padded_hash", labels))) {
      test.put("padded_hash", u32s(7, 0x0003_0003), 5);
      assertThat(test.samples("padded_hash"))
          .containsExactly("padded_hash{a=\"7\",b=\"3\",cpu=\"3\"} 5");
    }
  }
}
