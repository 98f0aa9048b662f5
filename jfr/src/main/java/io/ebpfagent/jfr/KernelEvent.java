// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import jdk.jfr.Timestamp;

/** What all events of the kernel have: the category, no stack, and the kernel's own time. */
@Category("Kernel")
@StackTrace(false)
abstract class KernelEvent extends Event {
  @Label("Start by the Kernel")
  @Timestamp(Timestamp.MILLISECONDS_SINCE_EPOCH)
  long kernelStart;

  @Label("Duration by the Kernel")
  @Timespan
  long kernelDuration;

  /** Takes from a span what every event has, and then what this one has besides. */
  final void take(Attributes span, JavaThreads threads) {
    kernelStart = span.startMillis();
    kernelDuration = span.nanos();
    fill(span, threads);
  }

  /** Takes from a span what this type has. */
  abstract void fill(Attributes span, JavaThreads threads);
}
