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
import org.jspecify.annotations.Nullable;

/** A thread was off CPU for long. */
@Name("ebpf.OffCpu")
@Label("Off CPU")
@Category("Kernel")
@Description("A thread waited, for something or for a CPU")
@StackTrace(false)
final class OffCpuEvent extends Event {
  static final Optional<EventTime> TIME = EventTime.of(MethodHandles.lookup());

  /** Null for one that was there before the programs, or ended within a second. */
  @Label("Java Thread")
  @Nullable Thread javaThread;

  @Label("Thread Name")
  @Description("Numbers are shown as *")
  String threadName = "";

  @Label("Thread Id of the Kernel")
  long kernelThreadId;

  @Label("Reason")
  @Description("The system call that the thread was in, or what else it waited for")
  String reason = "";

  @Label("Start by the Kernel")
  @Timestamp(Timestamp.MILLISECONDS_SINCE_EPOCH)
  long kernelStart;

  @Label("Duration by the Kernel")
  @Timespan
  long kernelDuration;

  static OffCpuEvent of(Attributes span, RecorderClock clock, JavaThreads threads) {
    OffCpuEvent event = new OffCpuEvent();
    event.javaThread = threads.find(span.number("java_thread_id"));
    event.threadName = span.text("thread");
    event.kernelThreadId = span.number("tid");
    event.reason = span.text("reason");
    event.kernelStart = span.startMillis();
    event.kernelDuration = span.nanos();
    clock.set(event, TIME, span);
    return event;
  }
}
