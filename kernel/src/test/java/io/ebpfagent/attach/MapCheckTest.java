// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestObjects;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.OpenBpfObject;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.Problem;
import io.ebpfagent.log.Log;
import java.util.List;
import org.junit.jupiter.api.Test;

/** None of these tests uses the kernel, but opening an object requires libbpf. */
@KernelTest
final class MapCheckTest {
  private static List<String> problems(String yaml) throws BpfException {
    try (OpenBpfObject open =
        OpenBpfObject.open("maps-only.bpf.o", TestObjects.bytes("maps-only"), null, Log.NONE)) {
      return MapCheck.problems(TestObjects.config("maps-only", yaml), open).stream()
          .map(Problem::toString)
          .map(text -> text.replace(TestObjects.file("maps-only").toString(), "maps-only.bpf.o"))
          .toList();
    }
  }

  /** Returns the problems of a config with one counter. */
  private static List<String> counterProblems(String name, String labels) throws BpfException {
    return problems(
        """
        metrics:
          counters:
            - name: %s
              help: A test's counter
              labels: [%s]
        """
            .formatted(name, labels));
  }

  private static String uint(String name, int size) {
    return "{name: %s, size: %d, decoders: [{name: uint}]}".formatted(name, size);
  }

  @Test
  void labelsThatFillTheKeyFit() throws BpfException {
    assertThat(counterProblems("hash_u64", uint("a", 8) + ", " + uint("b", 8))).isEmpty();
    assertThat(counterProblems("array_u64", uint("a", 4))).isEmpty();
    assertThat(
            counterProblems(
                "padded_hash",
                "{name: a, size: 1, padding: 3, decoders: [{name: uint}]}, " + uint("b", 4)))
        .isEmpty();
  }

  @Test
  void noLabelsFitAKeyOfFourBytes() throws BpfException {
    assertThat(counterProblems("array_u64", "")).isEmpty();
    assertThat(counterProblems("percpu_single", "")).isEmpty();
    assertThat(counterProblems("hash_u64", ""))
        .containsExactly(
            "maps-only.yaml: metrics.counters[0].labels: the labels take 4 bytes, a key of map"
                + " hash_u64 has 16 (no labels: the key is a u32 0)");
  }

  @Test
  void saysHowTheKeysSizeDiffers() throws BpfException {
    assertThat(counterProblems("hash_u64", uint("a", 8)))
        .containsExactly(
            "maps-only.yaml: metrics.counters[0].labels: the labels take 8 bytes, a key of map"
                + " hash_u64 has 16 (a=8)");
    assertThat(
            counterProblems(
                "hash_u64",
                uint("a", 8) + ", {name: b, size: 8, padding: 4, decoders: [{name: uint}]}"))
        .containsExactly(
            "maps-only.yaml: metrics.counters[0].labels: the labels take 20 bytes, a key of map"
                + " hash_u64 has 16 (a=8, b=8+4)");
  }

  @Test
  void theCpuOfAPerCpuMapIsNotInTheKey() throws BpfException {
    String pair = uint("a", 8) + ", " + uint("b", 8);
    assertThat(counterProblems("percpu_hash_u64", pair)).isEmpty();
    assertThat(counterProblems("percpu_hash_u64", pair + ", " + uint("cpu", 2))).isEmpty();
    assertThat(counterProblems("percpu_single", uint("cpu", 2))).isEmpty();
    assertThat(counterProblems("hash_u64", pair + ", " + uint("cpu", 2)))
        .as("this map has no CPUs")
        .containsExactly(
            "maps-only.yaml: metrics.counters[0].labels: the labels take 18 bytes, a key of map"
                + " hash_u64 has 16 (a=8, b=8, cpu=2)");
    assertThat(counterProblems("percpu_hash_u64", uint("cpu", 2) + ", " + pair))
        .as("only the last label")
        .containsExactly(
            "maps-only.yaml: metrics.counters[0].labels: the labels take 18 bytes, a key of map"
                + " percpu_hash_u64 has 16 (cpu=2, a=8, b=8)");
  }

  @Test
  void listsTheMapsThatAreThere() throws BpfException {
    assertThat(counterProblems("hash_u46", uint("a", 4)))
        .containsExactly(
            "maps-only.yaml: metrics.counters[0].name: maps-only.bpf.o has no map named hash_u46;"
                + " it has array_u64, bytes32_hash, events, hash_u64, hist_hash, lru_hash_u64,"
                + " lru_percpu_hash_u64, padded_hash, percpu_array_u64, percpu_hash_u64,"
                + " percpu_single, small_total, trie_u64, wrong_value");
  }

  @Test
  void wantsValuesOfEightBytes() throws BpfException {
    assertThat(counterProblems("wrong_value", uint("a", 4)))
        .containsExactly(
            "maps-only.yaml: metrics.counters[0].name: map wrong_value has values of 4 bytes;"
                + " a metric's value is a u64 of 8");
  }

  @Test
  void aMetricReadsNoRingBuffer() throws BpfException {
    assertThat(counterProblems("events", uint("a", 4)))
        .containsExactly(
            "maps-only.yaml: metrics.counters[0].name: map events is a ringbuf;"
                + " a metric reads a hash or an array");
  }

  @Test
  void eventsAreCountedFromAPerfEventArrayOnly() throws BpfException {
    assertThat(
            problems(
                """
                metrics:
                  counters:
                    - name: hash_u64
                      help: Events
                      perf_event_array: true
                      labels: [{name: a, size: 4, decoders: [{name: uint}]}]
                """))
        .containsExactly(
            "maps-only.yaml: metrics.counters[0].perf_event_array:"
                + " map hash_u64 is a hash, not a perf_event_array");
  }

  @Test
  void spansAreReadFromARingBufferOnly() throws BpfException {
    String yaml =
        """
        tracing:
          spans:
            - name: test
              ringbuf: %s
              labels: [{name: a, size: 4, decoders: [{name: uint}]}]
        """;
    assertThat(problems(yaml.formatted("events"))).isEmpty();
    assertThat(problems(yaml.formatted("hash_u64")))
        .containsExactly(
            "maps-only.yaml: tracing.spans[0].ringbuf: map hash_u64 is a hash, not a ringbuf");
  }

  @Test
  void reportsAllProblemsTogether() throws BpfException {
    assertThat(
            problems(
                """
                metrics:
                  counters:
                    - {name: array_u64, help: Fits}
                    - {name: hash_u64, help: Does not fit}
                  histograms:
                    - name: events
                      help: No rows
                      bucket_type: linear
                      bucket_min: 0
                      bucket_max: 3
                      labels: [{name: bucket, size: 4, decoders: [{name: uint}]}]
                """))
        .extracting(problem -> problem.replaceFirst("(.*?: .*?): .*", "$1"))
        .containsExactly(
            "maps-only.yaml: metrics.counters[1].labels",
            "maps-only.yaml: metrics.histograms[0].name");
  }

  /** None of these maps is loaded: some would take terabytes. */
  @Test
  void refusesOnlyWhatIsMoreThanAllMemoryAtOnce() throws BpfException {
    try (OpenBpfObject open =
        OpenBpfObject.open("lazy-maps.bpf.o", TestObjects.bytes("lazy-maps"), null, Log.NONE)) {
      Config config =
          TestObjects.config(
              "lazy-maps",
              """
              metrics:
                counters:
                  - name: trie
                    help: A test's counter
                    labels: [{name: a, size: 8, decoders: [{name: uint}]}]
              """);
      assertThat(MapCheck.problems(config, open))
          .extracting(Problem::message)
          .hasSize(2)
          .anyMatch(message -> message.startsWith("map eager_hash of "))
          .anyMatch(message -> message.startsWith("map ebpfagent_pinned_for_a_test of "))
          .allMatch(message -> message.contains("would take 4202496 MB (max_entries=1073741824)"));
    }
  }
}
