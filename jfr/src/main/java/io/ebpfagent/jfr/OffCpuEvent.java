// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A thread was off CPU for long. */
@Name("ebpf.OffCpu")
@Label("Off CPU")
@Description("A thread waited, for something or for a CPU")
final class OffCpuEvent extends ThreadEvent {
  @Label("Reason")
  @Description("The system call that the thread was in, or what else it waited for")
  String reason = "";

  @Override
  void fill(Attributes span, JavaThreads threads) {
    super.fill(span, threads);
    reason = span.text("reason");
  }
}
