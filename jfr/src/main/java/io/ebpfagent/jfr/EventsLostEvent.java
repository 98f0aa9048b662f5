// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** How many events a second was too short for. */
@Name("ebpf.EventsLost")
@Label("Events Lost")
@Category("Kernel")
@Description("There were more events of the kernel than are written in a second")
@StackTrace(false)
final class EventsLostEvent extends Event {
  @Label("Type")
  String type = "";

  @Label("Events")
  long lost;
}
