// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;

/** A cgroup was held back. */
@Name("ebpf.Throttled")
@Label("CPU Throttled")
@Description("The CPU quota of this process's cgroup, or of one above it, was used up")
final class ThrottledEvent extends KernelEvent {
  @Label("Cgroup")
  String cgroup = "";

  @Label("Time on all CPUs")
  @Description("CPUs that were held back at the same time, added up")
  @Timespan
  long allCpus;

  @Override
  void fill(Attributes span, JavaThreads threads) {
    cgroup = span.text("cgroup");
    allCpus = span.number("all_cpus_ns");
  }
}
