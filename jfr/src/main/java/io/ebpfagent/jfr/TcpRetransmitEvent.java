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

/** A packet was sent again. */
@Name("ebpf.TcpRetransmit")
@Label("TCP Retransmit")
@Category("Kernel")
@Description("A packet of a connection had to be sent again")
@StackTrace(false)
final class TcpRetransmitEvent extends Event {
  static final Optional<EventTime> TIME = EventTime.of(MethodHandles.lookup());

  @Label("Peer")
  String peer = "";

  @Label("Port")
  @Description("That of the service: the peer's, or the one on which the connection was accepted")
  int port;

  @Label("Start by the Kernel")
  @Timestamp(Timestamp.MILLISECONDS_SINCE_EPOCH)
  long kernelStart;

  @Label("Duration by the Kernel")
  @Timespan
  long kernelDuration;

  static TcpRetransmitEvent of(Attributes span, RecorderClock clock) {
    TcpRetransmitEvent event = new TcpRetransmitEvent();
    event.peer = span.text("peer");
    event.port = (int) span.number("port");
    event.kernelStart = span.startMillis();
    event.kernelDuration = span.nanos();
    clock.set(event, TIME, span);
    return event;
  }
}
