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

/** A process was killed for want of memory. */
@Name("ebpf.OomKill")
@Label("Out-of-Memory Kill")
@Category("Kernel")
@Description("A process of this one's cgroup was killed for want of memory")
@StackTrace(false)
final class OomKillEvent extends Event {
  static final Optional<EventTime> TIME = EventTime.of(MethodHandles.lookup());

  @Label("Cgroup")
  String cgroup = "";

  @Label("Process Id")
  @Description("As the initial pid namespace counts")
  long processId;

  @Label("Command")
  String command = "";

  @Label("Start by the Kernel")
  @Timestamp(Timestamp.MILLISECONDS_SINCE_EPOCH)
  long kernelStart;

  @Label("Duration by the Kernel")
  @Timespan
  long kernelDuration;

  static OomKillEvent of(Attributes span, RecorderClock clock) {
    OomKillEvent event = new OomKillEvent();
    event.cgroup = span.text("cgroup");
    event.processId = span.number("pid");
    event.command = span.text("command");
    event.kernelStart = span.startMillis();
    event.kernelDuration = span.nanos();
    clock.set(event, TIME, span);
    return event;
  }
}
