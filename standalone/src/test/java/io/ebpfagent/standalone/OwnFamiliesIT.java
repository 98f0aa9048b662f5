// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.config.MetricNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares the names that no config may use with those that the exporter writes. */
@ProductTest
class OwnFamiliesIT {
  private static final String PREFIX = "ebpf_exporter_";
  private static final Path BPF_STATS = Path.of("/proc/sys/kernel/bpf_stats_enabled");

  /**
   * Families that are missing if the kernel reports no cgroup events, and those of readers of
   * pinned rows.
   */
  private static final Set<String> ELSEWHERE =
      Set.of(
          "cgroup_event_overflows_total",
          "pinned_age_seconds",
          "pinned_unreadable_configs",
          "pinned_up");

  private static final String EVENTS =
      """
      metrics:
        counters:
          - {name: events_total, help: Its map, perf_event_array: true}
      """;

  private static final String SPANS =
      """
      tracing:
        spans:
          - {ringbuf: given_spans, labels: [{name: trace_id, size: 16, decoders: [{name: hex}]}]}
      """;

  private static final String CGROUPS =
      """
      metrics:
        counters:
          - name: hash_u64
            help: Its map
            labels:
              - {name: cgroup, size: 8, decoders: [{name: uint}, {name: cgroup}]}
              - {name: other, size: 8, decoders: [{name: uint}]}
      """;

  @TempDir Path dir;

  private void write(String name, String yaml, String object) throws IOException {
    Files.writeString(dir.resolve(name + ".yaml"), yaml);
    Files.write(dir.resolve(name + ".bpf.o"), Product.testObject(object));
  }

  @Test
  void areTaken() throws IOException {
    write("events", EVENTS, "events");
    write("given", SPANS, "given-spans");
    write("cgroups", CGROUPS, "maps-only");
    String before = Files.readString(BPF_STATS);
    Set<String> written;
    try (OtlpReceiver receiver = OtlpReceiver.start();
        ExporterProcess exporter =
            ExporterProcess.start(receiver.environment(), "--config.dir=" + dir)) {
      Files.writeString(BPF_STATS, "1");
      written =
          Exposition.text(exporter.send(exporter.request(exporter.telemetryPath())).body())
              .families()
              .keySet()
              .stream()
              .filter(name -> name.startsWith(PREFIX))
              .map(name -> name.substring(PREFIX.length()))
              .collect(Collectors.toSet());
    } finally {
      Files.writeString(BPF_STATS, before);
    }
    written.removeAll(Set.of("events_total", "hash_u64"));
    written.addAll(ELSEWHERE);
    assertThat(written).isEqualTo(MetricNames.OWN);
  }
}
