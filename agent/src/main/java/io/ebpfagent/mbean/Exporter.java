// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;

/** The agent itself as an MBean. */
final class Exporter implements ExporterMXBean {
  private static final String PREFIX = "ebpf_exporter_";
  private static final String DECODER_ERRORS = "decoder_errors";
  private static final List<String> LOST =
      List.of("perf_event_array_lost_events", "ringbuf_decode_errors", "spans_dropped");

  private final Supplier<KernelMetrics> kernel;
  private final AgentStatus agent;
  private final MBeans mbeans;

  Exporter(Supplier<KernelMetrics> kernel, AgentStatus agent, MBeans mbeans) {
    this.kernel = kernel;
    this.agent = agent;
    this.mbeans = mbeans;
  }

  @Override
  public String getVersion() {
    return agent.version();
  }

  @Override
  public String getEndpoint() {
    return agent.endpoint();
  }

  @Override
  public List<ConfigStatus> getConfigs() {
    return kernel.get().configs();
  }

  @Override
  public List<ProgramStatus> getPrograms() {
    return getConfigs().stream().flatMap(config -> config.programs().stream()).toList();
  }

  @Override
  public Map<String, Long> getLostEvents() {
    return counts(LOST, snapshot -> labels -> name(snapshot) + text(labels));
  }

  @Override
  public Map<String, Long> getDecoderErrors() {
    return counts(
        List.of(DECODER_ERRORS), snapshot -> labels -> String.valueOf(labels.get("config")));
  }

  private Map<String, Long> counts(
      List<String> families, Function<MetricSnapshot, Function<Labels, String>> key) {
    Map<String, Long> counts = new TreeMap<>();
    List<String> names = families.stream().map(family -> PREFIX + family).toList();
    for (MetricSnapshot family : kernel.get().metrics().collect(names::contains)) {
      if (family instanceof CounterSnapshot counter) {
        counter
            .getDataPoints()
            .forEach(
                point ->
                    counts.merge(
                        key.apply(family).apply(point.getLabels()),
                        (long) point.getValue(),
                        Long::sum));
      }
    }
    return counts;
  }

  private static String name(MetricSnapshot family) {
    return family.getMetadata().getName().substring(PREFIX.length());
  }

  private static String text(Labels labels) {
    StringBuilder text = new StringBuilder();
    labels.forEach(
        label ->
            text.append(text.length() == 0 ? "{" : ",")
                .append(label.getName())
                .append('=')
                .append(label.getValue()));
    return text.length() == 0 ? "" : text.append('}').toString();
  }

  @Override
  public String getLastError() {
    return agent.lastError();
  }

  @Override
  public int getSeries() {
    return mbeans.series();
  }

  @Override
  public int getSeriesLeftOut() {
    return mbeans.leftOut();
  }

  @Override
  public String reload() {
    return agent.reload();
  }
}
