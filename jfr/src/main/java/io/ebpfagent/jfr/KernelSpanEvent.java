// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import java.lang.invoke.MethodHandles;
import java.util.Objects;
import java.util.Optional;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import jdk.jfr.Timestamp;

/** A span that has no type of its own. */
@Name("ebpf.KernelSpan")
@Label("Kernel Span")
@Category("Kernel")
@Description("A span of a config")
@StackTrace(false)
final class KernelSpanEvent extends Event {
  static final Optional<EventTime> TIME = EventTime.of(MethodHandles.lookup());

  @Label("Config")
  String config = "";

  @Label("Span")
  String span = "";

  @Label("Attributes")
  String attributes = "";

  @Label("Start by the Kernel")
  @Timestamp(Timestamp.MILLISECONDS_SINCE_EPOCH)
  long kernelStart;

  @Label("Duration by the Kernel")
  @Timespan
  long kernelDuration;

  static KernelSpanEvent of(Attributes span, RecorderClock clock) {
    KernelSpanEvent event = new KernelSpanEvent();
    event.config = Objects.requireNonNullElse(span.span().source().config(), "");
    event.span = span.span().name();
    event.attributes = span.all();
    event.kernelStart = span.startMillis();
    event.kernelDuration = span.nanos();
    clock.set(event, TIME, span);
    return event;
  }
}
