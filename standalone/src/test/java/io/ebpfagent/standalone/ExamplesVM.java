// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.standalone.Exposition.Sample;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** All bundled examples, on a kernel with everything that they hook into. */
@GuestTest
class ExamplesVM {
  private static final String INFO = "ebpf_exporter_ebpf_program_info";
  private static final String ATTACHED = "ebpf_exporter_ebpf_program_attached";

  /** These define metrics that others define as well, so they run separately. */
  private static final Set<String> SECOND_ROUND =
      Set.of("cachestat-pre-kernel-5.16", "cgroup_id_map", "tcp-syn-backlog-exp2zero");

  /** The kernel has had no account_page_dirtied since 5.16. */
  private static final Set<String> NOT_LOADED = Set.of("cachestat-pre-kernel-5.16");

  /** Number of programs that don't attach, by config: a guest has no hardware counters. */
  private static final Map<String, Integer> NOT_ATTACHED = Map.of("llcstat", 2);

  @Test
  void everyProgramAttachesAndWithoutCapabilitiesScrapesGoOn() throws Exception {
    assertAttaches(name -> !SECOND_ROUND.contains(name));
  }

  @Test
  void thoseWithMetricsOfTheSameNameAttachToo() throws Exception {
    assertAttaches(SECOND_ROUND::contains);
  }

  private static void assertAttaches(Predicate<String> which) throws Exception {
    List<String> names = examples().stream().filter(which).toList();
    List<String> loaded = names.stream().filter(name -> !NOT_LOADED.contains(name)).toList();
    Map<String, Integer> missing = new TreeMap<>(NOT_ATTACHED);
    missing.keySet().retainAll(names);
    try (ExporterProcess exporter =
        ExporterProcess.start(
            "--config.names=" + String.join(",", names), "--capabilities.keep=none")) {
      Exposition metrics = exporter.scrape();
      String log = String.join("\n", exporter.log());
      assertThat(labels(metrics.samples("ebpf_exporter_enabled_configs"), "name"))
          .containsExactlyInAnyOrderElementsOf(names);
      assertThat(labels(metrics.samples(INFO), "config"))
          .as(log)
          .containsExactlyInAnyOrderElementsOf(loaded);
      assertThat(notAttached(metrics)).as(log).isEqualTo(missing);

      // The second scrape may use caches that the first one filled.
      Exposition again = exporter.scrape();
      assertThat(again.samples(INFO)).hasSameSizeAs(metrics.samples(INFO));
      assertThat(again.sum("ebpf_exporter_decoder_errors_total", Map.of())).isZero();
      exporter.stop();
    }
  }

  private static List<String> examples() throws IOException {
    try (InputStream index = ExamplesVM.class.getResourceAsStream("/examples/index")) {
      assertThat(index).isNotNull();
      return new String(index.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static Set<String> labels(List<Sample> samples, String label) {
    Set<String> values = new TreeSet<>();
    samples.forEach(sample -> values.add(sample.labels().getOrDefault(label, "")));
    return values;
  }

  /** Returns the number of programs that are not attached, by config. */
  private static Map<String, Integer> notAttached(Exposition metrics) {
    Map<String, Integer> missing = new TreeMap<>();
    for (Sample program : metrics.samples(INFO)) {
      Map<String, String> id = Map.of("id", program.labels().getOrDefault("id", ""));
      if (metrics.sum(ATTACHED, id) != 1) {
        missing.merge(program.labels().getOrDefault("config", ""), 1, Integer::sum);
      }
    }
    return missing;
  }
}
