// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.tracing.MetricsReceiver.Batch;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The kernel's metrics in what the application sends itself, and nothing else than the maps have,
 * which the test reads and fills by system calls of its own.
 */
@ExtensionTest
class MetricsIT {
  private static final String COUNTER = "ebpf_exporter_hash_u64";
  private static final String HISTOGRAM = "ebpf_exporter_hist_hash";
  private static final String TIMERS = "ebpf_exporter_timer_starts_total";
  private static final int LAST_BUCKET = 20;
  private static final int MOST_SERIES = 60;

  private static final String YAML =
      """
      metrics:
        counters:
          - name: hash_u64
            help: Pairs of numbers
            labels:
              - {name: a, size: 8, decoders: [{name: uint}]}
              - {name: b, size: 8, decoders: [{name: uint}]}
        histograms:
          - name: hist_hash
            help: Microseconds
            bucket_type: exp2
            bucket_min: 0
            bucket_max: 20
            bucket_multiplier: 0.000001
            labels:
              - {name: a, size: 4, decoders: [{name: uint}]}
              - {name: bucket, size: 4, decoders: [{name: uint}]}
      """;

  @TempDir Path dir;

  @BeforeEach
  void config() throws IOException {
    Files.writeString(dir.resolve("measured.yaml"), YAML);
    Files.copy(
        Path.of(System.getProperty("ebpfagent.testObjects"), "maps-only.bpf.o"),
        dir.resolve("measured.bpf.o"));
  }

  private static byte[] pair(long a, long b) {
    return ByteBuffer.allocate(16).order(ByteOrder.nativeOrder()).putLong(a).putLong(b).array();
  }

  private static byte[] bucket(int a, int bucket) {
    return ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putInt(a).putInt(bucket).array();
  }

  private static void fill(KernelMap counter, int from, int to) {
    for (int i = from; i < to; i++) {
      counter.put(pair(i, i % 3), 1L << i % 50);
    }
  }

  private static void fill(KernelMap histogram) {
    for (int i = 0; i <= LAST_BUCKET; i++) {
      histogram.put(bucket(1, i), i * 1_000L);
      histogram.put(bucket(7, i), 1L << i);
    }
    histogram.put(bucket(1, LAST_BUCKET + 1), 123_456);
    histogram.put(bucket(7, LAST_BUCKET + 1), 1_500_000);
  }

  /** What a map of pairs says, as it must arrive. */
  private static Map<Map<String, String>, Long> counted(KernelMap map) {
    Map<Map<String, String>, Long> rows = new HashMap<>();
    map.rows()
        .forEach(
            (key, value) -> {
              ByteBuffer pair = key.order(ByteOrder.nativeOrder());
              rows.put(
                  Map.of("a", Long.toString(pair.getLong(0)), "b", Long.toString(pair.getLong(8))),
                  value);
            });
    return rows;
  }

  /** By series: the counts of its buckets, and its sum in microseconds behind them. */
  private static Map<Map<String, String>, List<Long>> distributed(KernelMap map) {
    Map<Map<String, String>, Long[]> series = new HashMap<>();
    map.rows()
        .forEach(
            (key, value) -> {
              ByteBuffer row = key.order(ByteOrder.nativeOrder());
              Long[] its =
                  series.computeIfAbsent(
                      Map.of("a", Integer.toString(row.getInt(0))),
                      name ->
                          Stream.generate(() -> 0L).limit(LAST_BUCKET + 2).toArray(Long[]::new));
              its[row.getInt(4)] = value;
            });
    Map<Map<String, String>, List<Long>> lists = new HashMap<>();
    series.forEach((key, its) -> lists.put(key, List.of(its)));
    return lists;
  }

  /** The same of what arrived: bounds are checked, and the bucket above all of them is empty. */
  private static Map<Map<String, String>, List<Long>> distributed(Metric metric) {
    Map<Map<String, String>, List<Long>> series = new HashMap<>();
    for (HistogramDataPoint point : metric.getHistogram().getDataPointsList()) {
      List<Double> bounds =
          Stream.iterate(1, bound -> bound * 2)
              .limit(LAST_BUCKET + 1)
              .map(bound -> bound * 0.000001)
              .toList();
      assertThat(point.getExplicitBoundsList()).isEqualTo(bounds);
      List<Long> counts = point.getBucketCountsList();
      assertThat(counts).hasSize(bounds.size() + 1).last().isEqualTo(0L);
      assertThat(point.getCount()).isEqualTo(counts.stream().mapToLong(Long::longValue).sum());
      series.put(
          MetricsReceiver.map(point.getAttributesList()),
          Stream.concat(
                  counts.stream().limit(bounds.size()),
                  Stream.of(Math.round(point.getSum() * 1_000_000)))
              .toList());
    }
    return series;
  }

  private static TracedApp.Builder sending(
      OtlpReceiver receiver, MetricsReceiver metrics, int millis) {
    return TracedApp.builder()
        .to(receiver)
        .options(
            "-Dotel.metrics.exporter=otlp",
            "-Dotel.exporter.otlp.metrics.endpoint=" + metrics.endpoint(),
            "-Dotel.metric.export.interval=" + millis);
  }

  private static void isTheApplications(Batch batch) {
    assertThat(batch.resources())
        .singleElement()
        .satisfies(
            resource ->
                assertThat(resource)
                    .containsEntry("service.name", "the-app")
                    .containsKey("process.pid"));
  }

  @Test
  void metricsAreWhatTheMapsHave() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        MetricsReceiver metrics = MetricsReceiver.start();
        TracedApp app =
            sending(receiver, metrics, 500)
                .options(
                    "-Dotel.ebpf.spans.kinds=off-cpu",
                    "-Dotel.ebpf.config.dir=" + dir,
                    "-Dotel.ebpf.configs=measured,timers",
                    "-Dotel.ebpf.metrics.max-series=" + MOST_SERIES)
                .start(WaitingApp.class)) {
      app.await((TracedApp.OURS + "kernel metrics: measured, timers")::equals);
      try (KernelMap counter = KernelMap.of(app.pid(), "hash_u64");
          KernelMap histogram = KernelMap.of(app.pid(), "hist_hash");
          KernelMap timers = KernelMap.of(app.pid(), "timer_starts_total")) {
        fill(counter, 0, 40);
        fill(histogram);
        Batch batch = metrics.awaitFresh();
        isTheApplications(batch);
        assertThat(batch.counter(COUNTER)).hasSize(40).isEqualTo(counted(counter));
        Metric arrived = batch.metric(HISTOGRAM);
        assertThat(distributed(arrived)).hasSize(2).isEqualTo(distributed(histogram));
        assertThat(arrived.getHistogram().getAggregationTemporality())
            .isEqualTo(AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE);
        assertThat(arrived.getDescription()).isEqualTo("Microseconds");
        assertThat(batch.metric(COUNTER).getSum().getIsMonotonic()).isTrue();
        // What the application measures itself arrives as without us.
        assertThat(batch.others()).containsKey("jvm.memory.used");

        // A program counts these all the while: what arrives is between two readings.
        long before = total(timers);
        long between = metrics.awaitFresh().total(TIMERS);
        assertThat(between).isBetween(before, total(timers)).isPositive();

        fill(counter, 40, 200);
        metricsAreBounded(metrics.awaitFresh(), counter);
        whatWeSayOfOurselves(app, receiver, metrics);
      }
    }
  }

  private static long total(KernelMap map) {
    return map.rows().values().stream().mapToLong(Long::longValue).sum();
  }

  private static void metricsAreBounded(Batch batch, KernelMap counter) throws Exception {
    Map<Map<String, String>, Long> all = counted(counter);
    Map<Map<String, String>, Long> sent = new HashMap<>(batch.counter(COUNTER));
    assertThat(sent).hasSize(MOST_SERIES + 1);
    assertThat(batch.total(COUNTER)).isEqualTo(total(counter));
    assertThat(sent.remove(Map.of("otel.metric.overflow", "true"))).isPositive();
    assertThat(all).containsAllEntriesOf(sent);
    // Those that were there first have kept their places.
    for (int i = 0; i < 40; i++) {
      assertThat(sent).containsKey(Map.of("a", Integer.toString(i), "b", Integer.toString(i % 3)));
    }
  }

  private static void whatWeSayOfOurselves(
      TracedApp app, OtlpReceiver receiver, MetricsReceiver metrics) throws Exception {
    app.say("wait 40");
    app.await("done wait 40"::equals);
    receiver.await(1, OtlpReceiver.Received::isKernels);
    Batch batch = metrics.await(some -> some.total("ebpf_exporter_spans_exported_total") > 0);
    Map<String, Double> gauges = new TreeMap<>();
    for (String name : List.of("ebpf_exporter_config_attached", "ebpf_exporter_left_out_series")) {
      batch
          .metric(name)
          .getGauge()
          .getDataPointsList()
          .forEach(
              point ->
                  gauges.put(
                      name + MetricsReceiver.map(point.getAttributesList()),
                      point.hasAsInt() ? point.getAsInt() : point.getAsDouble()));
    }
    assertThat(gauges)
        .containsEntry("ebpf_exporter_config_attached{name=off-cpu}", 1.0)
        .containsEntry("ebpf_exporter_config_attached{name=timers}", 1.0)
        .containsEntry(
            "ebpf_exporter_left_out_series{metric=" + COUNTER + "}", 200.0 - MOST_SERIES);
    assertThat(batch.ours())
        .containsKeys(
            "ebpf_exporter_off_cpu_left_out_total",
            "ebpf_exporter_spans_dropped_total",
            "ebpf_exporter_ringbuf_decode_errors_total",
            "ebpf_exporter_decoder_errors_total",
            "ebpf_exporter_map_read_errors_total",
            "ebpf_exporter_thread_failures_total",
            "ebpf_exporter_threads_left_out_total");
  }

  /**
   * Zero has a bucket of its own, and the map's own unit is sent: so each bucket is one of theirs.
   */
  @Test
  void whatIsExponentialIsSentSoToWhoWantsIt() throws Exception {
    Files.writeString(
        dir.resolve("measured.yaml"),
        YAML.replace("exp2", "exp2zero").replaceFirst(" +bucket_multiplier.*\n", ""));
    try (MetricsReceiver metrics = MetricsReceiver.start();
        TracedApp app =
            TracedApp.builder()
                .options(
                    "-Dotel.metrics.exporter=otlp",
                    "-Dotel.exporter.otlp.metrics.endpoint=" + metrics.endpoint(),
                    "-Dotel.exporter.otlp.metrics.default.histogram.aggregation="
                        + "BASE2_EXPONENTIAL_BUCKET_HISTOGRAM",
                    "-Dotel.metric.export.interval=500",
                    "-Dotel.ebpf.spans.kinds=none",
                    "-Dotel.ebpf.config.dir=" + dir,
                    "-Dotel.ebpf.configs=measured")
                .start(WaitingApp.class)) {
      app.await((TracedApp.OURS + "kernel metrics: measured")::equals);
      try (KernelMap histogram = KernelMap.of(app.pid(), "hist_hash")) {
        fill(histogram);
        Metric arrived = metrics.awaitFresh().metric(HISTOGRAM);
        assertThat(arrived.getExponentialHistogram().getDataPointsList())
            .hasSize(2)
            .allSatisfy(
                point -> {
                  List<Long> its =
                      distributed(histogram)
                          .getOrDefault(MetricsReceiver.map(point.getAttributesList()), List.of());
                  assertThat(point.getScale()).isZero();
                  assertThat(point.getZeroCount()).isEqualTo(its.getFirst());
                  // The first of the others is for what is above a half and not above one.
                  assertThat(point.getPositive().getOffset()).isEqualTo(-1);
                  assertThat(point.getPositive().getBucketCountsList())
                      .isEqualTo(its.subList(1, LAST_BUCKET + 1));
                  assertThat(point.getNegative().getBucketCountsList()).isEmpty();
                  assertThat(point.getSum()).isEqualTo(its.getLast().doubleValue());
                });
      }
    }
  }

  /** As differences, and down to what came last: added up they are what the maps have. */
  @Test
  void aFileConfiguresThem() throws Exception {
    try (MetricsReceiver metrics = MetricsReceiver.start()) {
      Path file = dir.resolve("otel.yaml");
      Files.writeString(
          file,
          """
          file_format: "1.0"
          resource:
            attributes:
              - {name: service.name, value: the-app}
            detection/development:
              detectors:
                - process:
          meter_provider:
            readers:
              - periodic:
                  interval: 500
                  exporter:
                    otlp_http:
                      endpoint: %s
                      temporality_preference: delta
          instrumentation/development:
            java:
              ebpf:
                spans: {kinds: none}
                config: {dir: "%s"}
                configs: [measured]
          """
              .formatted(metrics.endpoint(), dir));
      try (TracedApp app =
          TracedApp.builder().options("-Dotel.config.file=" + file).start(WaitingApp.class)) {
        app.await((TracedApp.OURS + "kernel metrics: measured")::equals);
        assertThat(app.lines()).noneMatch(line -> line.contains("Ignoring value"));
        try (KernelMap counter = KernelMap.of(app.pid(), "hash_u64");
            KernelMap histogram = KernelMap.of(app.pid(), "hist_hash")) {
          fill(counter, 0, 10);
          fill(histogram);
          Batch batch = metrics.awaitFresh();
          isTheApplications(batch);
          assertThat(batch.metric(HISTOGRAM).getHistogram().getAggregationTemporality())
              .isEqualTo(AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA);
          counter.put(pair(3, 0), 1_000_000);
          histogram.put(bucket(1, 5), 77_777);
          histogram.put(bucket(1, LAST_BUCKET + 1), 200_000);
          app.endInput();
          app.awaitEnd(TracedApp.MAY_TAKE);
          // Of the second series of the histogram nothing came twice.
          assertThat(added(metrics)).isEqualTo(distributed(histogram));
          Map<Map<String, String>, Long> counts = new HashMap<>();
          metrics
              .batches()
              .forEach(
                  one -> one.counter(COUNTER).forEach((k, v) -> counts.merge(k, v, Long::sum)));
          assertThat(counts).isEqualTo(counted(counter));
        }
      }
    }
  }

  private static Map<Map<String, String>, List<Long>> added(MetricsReceiver metrics) {
    Map<Map<String, String>, List<Long>> all = new HashMap<>();
    for (Batch batch : metrics.batches()) {
      Metric histogram = batch.ours().get(HISTOGRAM);
      if (histogram != null) {
        distributed(histogram)
            .forEach((series, counts) -> all.merge(series, counts, MetricsIT::plus));
      }
    }
    return all;
  }

  private static List<Long> plus(List<Long> one, List<Long> other) {
    return Stream.iterate(0, i -> i + 1)
        .limit(one.size())
        .map(i -> one.get(i) + other.get(i))
        .toList();
  }

  /** Spans that are sent while the application ends are counted in the last metrics. */
  @Test
  void theLastSpansCount() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        MetricsReceiver metrics = MetricsReceiver.start();
        TracedApp app =
            sending(receiver, metrics, 600000)
                .options("-Dotel.ebpf.spans.kinds=off-cpu")
                .start(WaitingApp.class)) {
      app.awaitKernelSpans();
      for (int i = 0; i < 20; i++) {
        app.say("wait 2");
      }
      app.endInput();
      assertThat(app.awaitEnd(Duration.ofSeconds(60))).isZero();
      int spans = receiver.spans(OtlpReceiver.Received::isKernels).size();
      assertThat(spans).isGreaterThan(10);
      Batch last = metrics.batches().getLast();
      assertThat(last.total("ebpf_exporter_spans_exported_total")).isEqualTo(spans);
      assertThat(last.total("ebpf_exporter_spans_dropped_total")).isZero();
    }
  }
}
