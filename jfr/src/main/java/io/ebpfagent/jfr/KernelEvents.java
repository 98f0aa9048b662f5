// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import io.ebpfagent.trace.SpanCounts;
import io.ebpfagent.trace.SpanRecord;
import java.util.List;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;

/**
 * The event types, and what makes events of spans. To be loaded only when the flight recorder is
 * initialized. Locked, because plans come and go by another thread than spans.
 */
final class KernelEvents {
  private static final List<Class<? extends Event>> TYPES =
      List.of(
          OffCpuEvent.class,
          BlockIoEvent.class,
          OomKillEvent.class,
          TcpRetransmitEvent.class,
          ThrottledEvent.class,
          KernelSpanEvent.class,
          EventsLostEvent.class);
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final int mostPerSecond;
  private final SpanCounts counts;
  private final RecorderClock clock = new RecorderClock();
  private final JavaThreads threads = new JavaThreads();
  private long secondBegan = System.nanoTime();
  private int written;
  private long lost;

  private KernelEvents(int mostPerSecond, SpanCounts counts) {
    this.mostPerSecond = mostPerSecond;
    this.counts = counts;
  }

  static KernelEvents register(int mostPerSecond, SpanCounts counts) {
    TYPES.forEach(FlightRecorder::register);
    return new KernelEvents(mostPerSecond, counts);
  }

  synchronized void write(List<SpanRecord> spans) {
    clock.refresh();
    for (SpanRecord span : spans) {
      Event event = event(span);
      if (!event.isEnabled()) {
        counts.addDropped(SpanCounts.Reason.NO_EXPORTER, 1);
      } else if (mayWrite()) {
        event.commit();
        counts.addExported(1);
      } else {
        counts.addDropped(SpanCounts.Reason.QUEUE_FULL, 1);
      }
    }
  }

  private boolean mayWrite() {
    long now = System.nanoTime();
    if (now - secondBegan >= SECOND) {
      tellLost();
      secondBegan = now;
      written = 0;
    }
    if (written < mostPerSecond) {
      written++;
      return true;
    }
    lost++;
    return false;
  }

  private void tellLost() {
    if (lost > 0) {
      EventsLostEvent event = new EventsLostEvent();
      event.lost = lost;
      event.commit();
      lost = 0;
    }
  }

  private Event event(SpanRecord span) {
    Attributes attributes = new Attributes(span);
    return switch (span.name()) {
      case "jvm_off_cpu" -> OffCpuEvent.of(attributes, clock, threads);
      case "jvm_block_io" -> BlockIoEvent.of(attributes, clock, threads);
      case "jvm_oom_kill" -> OomKillEvent.of(attributes, clock);
      case "jvm_tcp_retransmit" -> TcpRetransmitEvent.of(attributes, clock);
      case "jvm_throttled" -> ThrottledEvent.of(attributes, clock);
      default -> KernelSpanEvent.of(attributes, clock);
    };
  }

  synchronized void close() {
    tellLost();
    TYPES.forEach(FlightRecorder::unregister);
  }
}
