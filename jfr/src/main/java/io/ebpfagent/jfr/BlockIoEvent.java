// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import java.lang.invoke.MethodHandles;
import java.util.Optional;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import jdk.jfr.Timestamp;
import org.jspecify.annotations.Nullable;

/** A block request took long. */
@Name("ebpf.BlockIo")
@Label("Block I/O")
@Category("Kernel")
@Description("A request to a disk, which a thread made itself")
@StackTrace(false)
final class BlockIoEvent extends Event {
  static final Optional<EventTime> TIME = EventTime.of(MethodHandles.lookup());

  /** Null for one that was there before the programs, or ended within a second. */
  @Label("Java Thread")
  @Nullable Thread javaThread;

  @Label("Thread Name")
  @Description("Numbers are shown as *")
  String threadName = "";

  @Label("Thread Id of the Kernel")
  long kernelThreadId;

  @Label("Device")
  String device = "";

  @Label("Operation")
  String operation = "";

  @Label("Bytes")
  @DataAmount
  long bytes;

  @Label("Start by the Kernel")
  @Timestamp(Timestamp.MILLISECONDS_SINCE_EPOCH)
  long kernelStart;

  @Label("Duration by the Kernel")
  @Timespan
  long kernelDuration;

  static BlockIoEvent of(Attributes span, RecorderClock clock, JavaThreads threads) {
    BlockIoEvent event = new BlockIoEvent();
    event.javaThread = threads.find(span.number("java_thread_id"));
    event.threadName = span.text("thread");
    event.kernelThreadId = span.number("tid");
    event.device = span.text("device");
    event.operation = span.text("operation");
    event.bytes = span.number("bytes");
    event.kernelStart = span.startMillis();
    event.kernelDuration = span.nanos();
    clock.set(event, TIME, span);
    return event;
  }
}
