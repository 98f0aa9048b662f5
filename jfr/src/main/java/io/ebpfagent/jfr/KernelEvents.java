// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import io.ebpfagent.trace.SpanCounts;
import io.ebpfagent.trace.SpanRecord;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Event;
import jdk.jfr.EventType;
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

  /** Each type has room of its own: the frequent ones must not crowd out the rare. */
  private final Map<Class<? extends Event>, Second> seconds = new HashMap<>();

  /** What was written of a type in a second, and what was too much. */
  private static final class Second {
    private final String type;
    private long began = System.nanoTime();
    private int written;
    private long lost;

    private Second(String type) {
      this.type = type;
    }

    /** Begins another second, if this one is over. */
    void roll(long now) {
      if (now - began >= SECOND) {
        tellLost();
        began = now;
        written = 0;
      }
    }

    boolean mayWrite(int most) {
      roll(System.nanoTime());
      if (written < most) {
        written++;
        return true;
      }
      lost++;
      return false;
    }

    void tellLost() {
      if (lost > 0) {
        EventsLostEvent event = new EventsLostEvent();
        event.type = type;
        event.lost = lost;
        event.commit();
        lost = 0;
      }
    }
  }

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
    long now = System.nanoTime();
    seconds.values().forEach(second -> second.roll(now));
    for (SpanRecord span : spans) {
      Event event = event(span);
      if (!event.isEnabled()) {
        counts.addDropped(SpanCounts.Reason.NO_EXPORTER, 1);
      } else if (mayWrite(event)) {
        event.commit();
        counts.addExported(1);
      } else {
        counts.addDropped(SpanCounts.Reason.QUEUE_FULL, 1);
      }
    }
  }

  private boolean mayWrite(Event event) {
    return seconds
        .computeIfAbsent(
            event.getClass(), type -> new Second(EventType.getEventType(type).getName()))
        .mayWrite(mostPerSecond);
  }

  private KernelEvent event(SpanRecord span) {
    KernelEvent event =
        switch (span.name()) {
          case "jvm_off_cpu" -> new OffCpuEvent();
          case "jvm_block_io" -> new BlockIoEvent();
          case "jvm_oom_kill" -> new OomKillEvent();
          case "jvm_tcp_retransmit" -> new TcpRetransmitEvent();
          case "jvm_throttled" -> new ThrottledEvent();
          default -> new KernelSpanEvent();
        };
    Attributes attributes = new Attributes(span);
    event.take(attributes, threads);
    clock.set(event, attributes);
    return event;
  }

  synchronized void close() {
    seconds.values().forEach(Second::tellLost);
    TYPES.forEach(FlightRecorder::unregister);
  }
}
