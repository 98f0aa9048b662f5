// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.standalone.OtlpReceiver.Received;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A traced connection whose first packet is lost and which ends with a reset. */
@GuestTest
class SockTraceVM {
  private static final ParentSpan PARENT = ParentSpan.SAMPLED;
  private static final long TAG = 77;

  /** Lower than the ports of clients. */
  private static final int PORT = 7001;

  @Test
  void aRetransmitAndAResetAreSpansOfTheirTrace() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        ExporterProcess exporter =
            ExporterProcess.start(
                receiver.environment(), "--config.names=sock-trace,tcp-retransmit");
        ServerSocket listener = new ServerSocket(PORT, 1, InetAddress.getLoopbackAddress());
        KernelMap traced = KernelMap.named("traced_sockets")) {
      long sentAgain = packetsSentAgain();
      String cookie;
      List<Socket> waiting = fillBacklog(listener);
      try (TracedSocket socket = new TracedSocket()) {
        long id = socket.cookie();
        cookie = "%016x".formatted(Long.reverseBytes(id));
        traced.put(ParentSpan.key(id), PARENT.context(TAG, 0));

        // Its first packet finds no room and is dropped; the kernel sends it again after a second.
        socket.beginToConnect(PORT);
        receiver.await(1, Received.named("__tcp_retransmit_skb"));

        // Resetting connections makes room, so one of the next packets succeeds.
        for (Socket other : waiting) {
          other.close();
          listener.accept().close();
        }
        try (Socket accepted = listener.accept()) {
          accepted.setSoLinger(true, 0);
        }
        receiver.await(1, Received.named("sk_error_report"));
      }
      receiver.await(1, Received.named("sock_release"));

      assertSpans(receiver, cookie);
      int retransmits = receiver.spans(Received.named("__tcp_retransmit_skb")).size();
      // The kernel counts the retransmits of all connections.
      assertThat((long) retransmits).isBetween(1L, packetsSentAgain() - sentAgain);
      assertThat(
              exporter
                  .scrape()
                  .sum(
                      "ebpf_exporter_tcp_retransmit_ipv4_packets_total",
                      Map.of(
                          "local_ip", "127.0.0.1",
                          "peer_ip", "127.0.0.1",
                          "main_port", Integer.toString(PORT),
                          "type", "retransmit")))
          .isEqualTo(retransmits);
      exporter.stop();
    }
  }

  private static void assertSpans(OtlpReceiver receiver, String cookie) {
    List<Received> spans = receiver.spans(span -> span.traceId().equals(PARENT.traceId()));
    assertThat(spans)
        .allSatisfy(
            span -> {
              assertThat(span.parentSpanId()).isEqualTo(PARENT.spanId());
              assertThat(span.spanId()).isNotEqualTo("0".repeat(16));
              assertThat(span.start()).isEqualTo(span.end());
              assertThat(span.attributes())
                  .containsEntry("example_userspace_tag", Long.toString(TAG))
                  .containsEntry("ebpf_exporter.config", "sock-trace");
              assertThat(span.service())
                  .isEqualTo(span.name().equals("stitch") ? "ebpf_exporter" : "kernel");
            });
    assertThat(spans).extracting(Received::spanId).doesNotHaveDuplicates();
    assertThat(spans)
        .extracting(Received::name)
        .contains(
            "__ip_local_out",
            "ip_finish_output",
            "__dev_queue_xmit",
            "dev_hard_start_xmit",
            "tcp_v4_do_rcv");

    assertThat(receiver.spans(Received.named("stitch")))
        .singleElement()
        .satisfies(span -> assertThat(span.attributes()).containsEntry("socket_cookie", cookie));
    assertThat(receiver.spans(Received.named("sk_error_report")))
        .singleElement()
        .satisfies(
            span ->
                assertThat(span.attributes())
                    .containsEntry("sk_err", "ECONNRESET")
                    .hasEntrySatisfying(
                        "kstack", stack -> assertThat(stack).contains("\ntcp_v4_rcv")));
    assertThat(receiver.spans(Received.named("sock_release"))).hasSize(1);
  }

  /**
   * Opens as many connections as the kernel keeps for a listener; it drops the packets of the next
   * one.
   */
  private static List<Socket> fillBacklog(ServerSocket listener) throws IOException {
    List<Socket> waiting = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      waiting.add(new Socket(listener.getInetAddress(), PORT));
    }
    return waiting;
  }

  /** Returns the kernel's own count, over all connections. */
  private static long packetsSentAgain() throws IOException {
    List<String[]> lines =
        Files.readAllLines(Path.of("/proc/net/snmp")).stream()
            .filter(line -> line.startsWith("Tcp:"))
            .map(line -> line.split(" "))
            .toList();
    int column = List.of(lines.get(0)).indexOf("RetransSegs");
    return Long.parseLong(lines.get(1)[column]);
  }
}
