// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A process was killed for want of memory. */
@Name("ebpf.OomKill")
@Label("Out-of-Memory Kill")
@Description("A process of this one's cgroup was killed for want of memory")
final class OomKillEvent extends KernelEvent {
  @Label("Cgroup")
  String cgroup = "";

  @Label("Process Id")
  @Description("As the initial pid namespace counts")
  long processId;

  @Label("Command")
  String command = "";

  @Override
  void fill(Attributes span, JavaThreads threads) {
    cgroup = span.text("cgroup");
    processId = span.number("pid");
    command = span.text("command");
  }
}
