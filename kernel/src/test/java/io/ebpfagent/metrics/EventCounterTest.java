// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestObjects;
import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.attach.AttachedProgram;
import io.ebpfagent.bpf.PerfBuffer;
import io.ebpfagent.config.Metric;
import io.ebpfagent.decode.DecodeContext;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.log.Log;
import io.ebpfagent.rows.EventReader;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events of a real perf event array, emitted by a program that the test runs. */
@KernelTest
@Timeout(120)
final class EventCounterTest {
  private static final String NAME = "ebpf_exporter_events_total";
  private static final String LOST = "ebpf_exporter_perf_event_array_lost_events_total";

  private final Decoders decoders = new Decoders(DecodeContext.ofHost());
  private final ConfigStats stats = new ConfigStats("events", Log.NONE);
  private AttachedConfig config;
  private PerfBuffer buffer;
  private Metric.Counter counter;
  private long nanoTime = Long.MAX_VALUE - 5;

  @BeforeEach
  void attach() throws Exception {
    config =
        TestObjects.attach(
            TestObjects.config(
                "events",
                """
                metrics:
                  counters:
                    - name: events_total
                      help: Events by kind
                      perf_event_array: true
                      flush_interval: 10s
                      labels:
                        - {name: number, size: 8, decoders: [{name: uint}]}
                        - name: kind
                          size: 4
                          decoders:
                            - name: uint
                            - {name: static_map, static_map: {0: 'a "b"'}, allow_unknown: true}
                        - {name: flag, size: 1, decoders: [{name: hex}]}
                """));
    buffer = config.perfBuffer("events_total");
    counter = config.config().counters().getFirst();
  }

  @AfterEach
  void close() {
    config.close();
  }

  private int run(String program, long argument) throws Exception {
    for (AttachedProgram each : config.programs()) {
      if (each.program().name().equals(program)) {
        return each.program().testRun(argument);
      }
    }
    throw new AssertionError("no program " + program);
  }

  private int emit(int count, int kinds) throws Exception {
    return run("emit", (long) kinds << 32 | count);
  }

  private EventCounter source(int mostSeries) {
    return new EventCounter(
        counter, config.events(counter.name()), decoders, stats, mostSeries, () -> nanoTime);
  }

  private Metrics metrics() {
    return TestMetrics.of(List.of("events"), List.of(config), decoders, Log.NONE);
  }

  private static String text(Metrics metrics) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    metrics.write(out, TextFormat.PROMETHEUS);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static List<String> series(String text, String family) {
    return text.lines().filter(line -> line.startsWith(family + "{")).sorted().toList();
  }

  private static long number(String text, String series) {
    return text.lines()
        .filter(line -> line.startsWith(series + " "))
        .mapToLong(line -> Long.parseLong(line.substring(series.length() + 1)))
        .sum();
  }

  /** Returns a source's series: the kind to the count. */
  private static Map<String, Double> counts(EventCounter source) throws Exception {
    SnapshotSink sink = new SnapshotSink();
    sink.family(source.family());
    source.read(sink);
    Map<String, Double> counts = new TreeMap<>();
    for (MetricSnapshot snapshot : sink.snapshots()) {
      for (CounterDataPointSnapshot point : ((CounterSnapshot) snapshot).getDataPoints()) {
        counts.put(String.valueOf(point.getLabels().get("kind")), point.getValue());
      }
    }
    return counts;
  }

  @Test
  void countsEveryEventByItsLabels() throws Exception {
    Metrics metrics = metrics();
    assertThat(emit(1001, 2)).isEqualTo(1001);
    assertThat(series(text(metrics), NAME))
        .containsExactly(
            NAME + "{number=\"1\",kind=\"1\",flag=\"07\"} 500",
            NAME + "{number=\"1\",kind=\"a \\\"b\\\"\",flag=\"07\"} 501");
    assertThat(emit(1, 1)).isEqualTo(1);
    String text = text(metrics);
    assertThat(series(text, NAME)).contains(NAME + "{number=\"1\",kind=\"1\",flag=\"07\"} 500");
    assertThat(text).contains(LOST + "{config=\"events\",map=\"events_total\"} 0\n");
    assertThat(metrics.collect().stream().map(each -> each.getMetadata().getName()))
        .contains("ebpf_exporter_events");
  }

  @Test
  void countsWhatTheBufferHasNoRoomFor() throws Exception {
    Metrics metrics = metrics();
    int emitted = emit(50_000, 1);
    assertThat(emitted).isBetween(1_000, 49_999);
    String text = text(metrics);
    assertThat(series(text, NAME))
        .containsExactly(NAME + "{number=\"1\",kind=\"a \\\"b\\\"\",flag=\"07\"} " + emitted);
    assertThat(series(text, LOST))
        .containsExactly(LOST + "{config=\"events\",map=\"events_total\"} " + (50_000 - emitted));
    // The buffer has room again.
    assertThat(emit(1_000, 1)).isEqualTo(1_000);
    assertThat(number(text(metrics), NAME + "{number=\"1\",kind=\"a \\\"b\\\"\",flag=\"07\"}"))
        .isEqualTo(emitted + 1_000);
  }

  @Test
  void forgetsItsSeriesWhenTheIntervalIsOver() throws Exception {
    EventCounter source = source(EventCounter.MOST_SERIES);
    emit(3, 1);
    assertThat(counts(source)).containsExactly(Map.entry("a \"b\"", 3.0));
    nanoTime += Duration.ofSeconds(10).toNanos() - 1;
    emit(2, 2);
    assertThat(counts(source)).containsExactly(Map.entry("1", 1.0), Map.entry("a \"b\"", 4.0));
    nanoTime++;
    assertThat(counts(source)).isEmpty();
    // The interval is counted from the start, not from the last scrape.
    nanoTime += Duration.ofSeconds(25).toNanos();
    emit(1, 1);
    assertThat(counts(source)).hasSize(1);
    nanoTime += Duration.ofSeconds(5).toNanos();
    assertThat(counts(source)).isEmpty();
  }

  @Test
  void hasABoundedNumberOfSeries() throws Exception {
    EventCounter source = source(3);
    emit(10, 5);
    assertThat(counts(source)).containsOnlyKeys("a \"b\"", "1", "2").containsValue(2.0);
    assertThat(source.uncounted()).isEqualTo(4);
  }

  @Test
  void dropsEventsThatAreShorterThanTheLabels() throws Exception {
    EventCounter source = source(3);
    assertThat(run("emit_short", 0)).isEqualTo(1);
    emit(1, 1);
    assertThat(counts(source)).hasSize(1);
    assertThat(stats.decoderErrors()).isEqualTo(1);
  }

  @Test
  void hasNoEventsOnceTheConfigIsClosed() throws Exception {
    EventCounter source = source(3);
    emit(1, 1);
    config.close();
    assertThat(counts(source)).isEmpty();
    assertThat(buffer.drain((bytes, length) -> {})).isZero();
    assertThat(buffer.lost()).isZero();
  }

  @Test
  void aScrapeDoesNotWaitForCountingThatDoesNotEnd() throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    EventReader stuck =
        new EventReader() {
          @Override
          public int drain(Consumer to) {
            held.countDown();
            try {
              release.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            return 0;
          }

          @Override
          public long lost() {
            return 0;
          }
        };
    EventCounter source = new EventCounter(counter, stuck, decoders, stats, 3, () -> nanoTime);
    Thread draining = Thread.ofPlatform().start(source::drain);
    held.await();
    assertThat(counts(source)).isEmpty();
    assertThat(stats.readErrors()).isEqualTo(1);
    release.countDown();
    draining.join();
    assertThat(counts(source)).isEmpty();
    assertThat(stats.readErrors()).isEqualTo(1);
  }
}
