// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import java.lang.invoke.MethodHandles;
import java.util.Optional;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import jdk.jfr.Timestamp;

/** A cgroup was held back. */
@Name("ebpf.Throttled")
@Label("CPU Throttled")
@Category("Kernel")
@Description("The CPU quota of this process's cgroup, or of one above it, was used up")
@StackTrace(false)
final class ThrottledEvent extends Event {
  static final Optional<EventTime> TIME = EventTime.of(MethodHandles.lookup());

  @Label("Cgroup")
  String cgroup = "";

  @Label("Time on all CPUs")
  @Description("CPUs that were held back at the same time, added up")
  @Timespan
  long allCpus;

  @Label("Start by the Kernel")
  @Timestamp(Timestamp.MILLISECONDS_SINCE_EPOCH)
  long kernelStart;

  @Label("Duration by the Kernel")
  @Timespan
  long kernelDuration;

  static ThrottledEvent of(Attributes span, RecorderClock clock) {
    ThrottledEvent event = new ThrottledEvent();
    event.cgroup = span.text("cgroup");
    event.allCpus = span.number("all_cpus_ns");
    event.kernelStart = span.startMillis();
    event.kernelDuration = span.nanos();
    clock.set(event, TIME, span);
    return event;
  }
}
