// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A packet was sent again. */
@Name("ebpf.TcpRetransmit")
@Label("TCP Retransmit")
@Description("A packet of a connection had to be sent again")
final class TcpRetransmitEvent extends KernelEvent {
  @Label("Peer")
  String peer = "";

  @Label("Port")
  @Description("That of the service: the peer's, or the one on which the connection was accepted")
  int port;

  @Override
  void fill(Attributes span, JavaThreads threads) {
    peer = span.text("peer");
    port = (int) span.number("port");
  }
}
