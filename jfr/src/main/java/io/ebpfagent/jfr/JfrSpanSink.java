// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import io.ebpfagent.engine.EnginePlan;
import io.ebpfagent.log.Log;
import io.ebpfagent.trace.SpanCounts;
import io.ebpfagent.trace.SpanRecord;
import io.ebpfagent.trace.SpanSink;
import java.time.Duration;
import java.util.List;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;
import org.jspecify.annotations.Nullable;

/**
 * Writes kernel spans into this JVM's flight recordings, whoever starts them and when. Until the
 * first one starts, nothing of the flight recorder is set up, and none of the event classes is
 * loaded: these get the fields of the kernel's time only when the recorder is there before them.
 */
public final class JfrSpanSink implements SpanSink {
  private final JfrSettings settings;
  private final Log log;
  private final SpanCounts counts = new SpanCounts();
  private final FlightRecorderListener listener =
      new FlightRecorderListener() {
        @Override
        public void recorderInitialized(FlightRecorder recorder) {
          begin();
        }
      };

  private volatile @Nullable KernelEvents events;

  private JfrSpanSink(JfrSettings settings, Log log) {
    this.settings = settings;
    this.log = log;
  }

  /**
   * A sink that waits for recordings.
   *
   * @throws IllegalStateException when this JVM has no flight recorder
   */
  public static JfrSpanSink open(JfrSettings settings, Log log) {
    JfrSpanSink sink = new JfrSpanSink(settings, log);
    try {
      FlightRecorder.addListener(sink.listener);
    } catch (SecurityException | LinkageError e) {
      throw new IllegalStateException("this JVM has no flight recorder: " + e, e);
    }
    return sink;
  }

  /** Has a plan's spans come here, and its configs emit spans of what is worth an event. */
  public void addTo(EnginePlan.Builder plan) {
    plan.spans(this)
        .global("slow_off_cpu_ns", settings.slowOffCpu().toNanos())
        .global("slow_block_io_ns", settings.slowBlockIo().toNanos())
        .global("notable_spans", 1);
  }

  /** Called by whoever starts the first recording: nothing may be thrown. */
  private void begin() {
    try {
      events = KernelEvents.register(settings.mostPerSecond(), counts);
    } catch (RuntimeException | Error e) {
      log.log(Log.Level.WARNING, "recordings will have no events of the kernel", e);
    }
  }

  @Override
  public void accept(List<SpanRecord> spans) {
    KernelEvents writer = events;
    if (writer == null) {
      counts.addDropped(SpanCounts.Reason.NO_EXPORTER, spans.size());
    } else {
      writer.write(spans);
    }
  }

  @Override
  public SpanCounts counts() {
    return counts;
  }

  @Override
  public void close(Duration limit) {
    FlightRecorder.removeListener(listener);
    KernelEvents writer = events;
    events = null;
    if (writer != null) {
      writer.close();
    }
  }
}
