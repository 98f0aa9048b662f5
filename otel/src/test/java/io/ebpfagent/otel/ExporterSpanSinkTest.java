// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.otel;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.engine.Loop;
import io.ebpfagent.log.Log;
import io.ebpfagent.trace.SpanCounts.Reason;
import io.ebpfagent.trace.SpanRecord;
import io.ebpfagent.trace.SpanSink;
import io.ebpfagent.trace.SpanSource;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of spans, whatever the exporter does. */
@Timeout(60)
final class ExporterSpanSinkTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final InstrumentationScopeInfo SCOPE =
      InstrumentationScopeInfo.create("io.ebpfagent.test");
  private static final Resource APPLICATION =
      Resource.create(Attributes.of(AttributeKey.stringKey("service.name"), "application"));

  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Log log = (level, message, thrown) -> lines.add(level + " " + message);
  private final Exporter exporter = new Exporter();
  private @Nullable ExporterSpanSink sink;

  /** Answers when the test says so. */
  private static final class Exporter implements SpanExporter {
    final BlockingQueue<CompletableResultCode> asked = new LinkedBlockingQueue<>();
    final List<SpanData> spans = Collections.synchronizedList(new ArrayList<>());
    volatile @Nullable CompletableResultCode answer = CompletableResultCode.ofSuccess();
    volatile @Nullable Error thrown;
    volatile boolean shutDown;

    @Override
    public CompletableResultCode export(Collection<SpanData> batch) {
      Error error = thrown;
      if (error != null) {
        thrown = null;
        throw error;
      }
      spans.addAll(batch);
      CompletableResultCode given = answer;
      CompletableResultCode result = given == null ? new CompletableResultCode() : given;
      asked.add(result);
      return result;
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      shutDown = true;
      return CompletableResultCode.ofSuccess();
    }
  }

  private ExporterSpanSink open(Supplier<@Nullable Destination> opening) {
    ExporterSpanSink opened =
        new ExporterSpanSink(opening, new Loop.Threads(Thread::new, log), log);
    sink = opened;
    return opened;
  }

  private ExporterSpanSink open() {
    return open(() -> new Destination(exporter, APPLICATION, SCOPE));
  }

  @AfterEach
  void close() {
    if (sink != null) {
      sink.close(Duration.ofMillis(1));
    }
  }

  private static List<SpanRecord> spans(int count, SpanSource source, String... values) {
    return Collections.nCopies(
        count,
        new SpanRecord(
            source,
            "a span",
            "0102030405060708090a0b0c0d0e0f10",
            "1112131415161718",
            "2122232425262728",
            1_000,
            2_500,
            List.of(values)));
  }

  private static List<SpanRecord> spans(int count) {
    return spans(count, new SpanSource("a-config", null, List.of("device")), "vda");
  }

  @Test
  void whatWasExportedIsCounted() {
    ExporterSpanSink to = open();
    to.accept(spans(3));
    to.accept(spans(4));
    to.close(LIMIT);
    assertThat(to.counts().exported()).isEqualTo(7);
    assertThat(to.counts().lost()).isZero();
    assertThat(exporter.spans).hasSize(7);
    assertThat(exporter.shutDown).isTrue();
    assertThat(lines).containsExactly("INFO spans: 7 exported, 0 dropped");
  }

  @Test
  void aSpanKeepsItsIdsAndTimes() {
    ExporterSpanSink to = open();
    to.accept(spans(1));
    to.close(LIMIT);
    SpanData span = exporter.spans.get(0);
    assertThat(span.getTraceId()).isEqualTo("0102030405060708090a0b0c0d0e0f10");
    assertThat(span.getSpanId()).isEqualTo("1112131415161718");
    assertThat(span.getParentSpanId()).isEqualTo("2122232425262728");
    assertThat(span.getSpanContext().isSampled()).isTrue();
    assertThat(span.getStartEpochNanos()).isEqualTo(1_000);
    assertThat(span.getEndEpochNanos()).isEqualTo(2_500);
    assertThat(span.getInstrumentationScopeInfo()).isEqualTo(SCOPE);
    assertThat(span.getAttributes().asMap())
        .containsEntry(AttributeKey.stringKey("device"), "vda")
        .containsEntry(AttributeKey.stringKey("ebpf_exporter.config"), "a-config");
    assertThat(span.getAttributes().get(AttributeKey.stringKey("device"))).isEqualTo("vda");
    assertThat(span.getAttributes().get(AttributeKey.stringKey("absent"))).isNull();
    assertThat(span.getTotalAttributeCount()).isEqualTo(span.getAttributes().size()).isEqualTo(2);
    assertThat(span.getAttributes().toBuilder().build().asMap())
        .isEqualTo(span.getAttributes().asMap());
  }

  @Test
  void aServiceHasAResourceOfItsOwn() {
    ExporterSpanSink to = open();
    SpanSource kernel = new SpanSource(null, "kernel", List.of());
    to.accept(spans(2, kernel));
    to.accept(spans(1, new SpanSource(null, null, List.of())));
    to.accept(spans(1, new SpanSource(null, "kernel", List.of())));
    to.close(LIMIT);
    assertThat(exporter.spans)
        .extracting(span -> span.getResource().getAttribute(AttributeKey.stringKey("service.name")))
        .containsExactly("kernel", "kernel", "application", "kernel");
    // Exporters group spans by the object.
    assertThat(exporter.spans.get(3).getResource()).isSameAs(exporter.spans.get(0).getResource());
  }

  @Test
  void whatTheReceiverRefusesIsCounted() {
    exporter.answer = CompletableResultCode.ofFailure();
    ExporterSpanSink to = open();
    to.accept(spans(5));
    to.close(LIMIT);
    assertThat(to.counts().dropped(Reason.EXPORT_FAILED)).isEqualTo(5);
    assertThat(to.counts().exported()).isZero();
  }

  @Test
  void anExporterThatThrowsCostsItsBatchOnly() {
    exporter.thrown = new OutOfMemoryError("a test's");
    ExporterSpanSink to = open();
    to.accept(spans(5));
    to.accept(spans(2));
    to.close(LIMIT);
    assertThat(to.counts().dropped(Reason.EXPORT_FAILED)).isEqualTo(5);
    assertThat(to.counts().exported()).isEqualTo(2);
    assertThat(lines).anyMatch(line -> line.startsWith("WARNING thread ebpf-span-export failed"));
  }

  @Test
  void withoutADestinationAllAreCounted() {
    ExporterSpanSink to = open(() -> null);
    to.accept(spans(5));
    to.close(LIMIT);
    assertThat(to.counts().dropped(Reason.NO_EXPORTER)).isEqualTo(5);
  }

  @Test
  void fourBatchesAreUnderWayAndABoundedNumberOfSpansWaits() throws Exception {
    exporter.answer = null;
    ExporterSpanSink to = open();
    int batches = 20;
    for (int i = 0; i < batches; i++) {
      to.accept(spans(SpanSink.MOST_AT_ONCE));
    }
    assertThat(to.counts().dropped(Reason.QUEUE_FULL)).isEqualTo(4L * SpanSink.MOST_AT_ONCE);
    List<CompletableResultCode> underWay = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      underWay.add(exporter.asked.take());
    }
    assertThat(exporter.asked).isEmpty();
    // One that is done makes room for one that waits, and for one that comes.
    underWay.get(0).succeed();
    exporter.asked.take().succeed();
    exporter.asked.take();
    assertThat(to.counts().exported()).isEqualTo(2L * SpanSink.MOST_AT_ONCE);
    to.accept(spans(SpanSink.MOST_AT_ONCE));
    assertThat(to.counts().dropped(Reason.QUEUE_FULL)).isEqualTo(4L * SpanSink.MOST_AT_ONCE);

    to.close(Duration.ofMillis(10));
    assertThat(to.counts().dropped(Reason.STOPPED)).isEqualTo(15L * SpanSink.MOST_AT_ONCE);
    // Too late: it was counted once.
    underWay.get(1).succeed();
    assertThat(to.counts().exported()).isEqualTo(2L * SpanSink.MOST_AT_ONCE);
    to.accept(spans(1));
    assertThat(to.counts().dropped(Reason.STOPPED)).isEqualTo(15L * SpanSink.MOST_AT_ONCE + 1);
  }
}
