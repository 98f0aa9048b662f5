// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ebpfagent.tracing.OtlpReceiver.Received;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The kinds of kernel spans, made to happen, each below the span that caused it. */
@ExtensionTest
class KindsIT {
  private static final long SLACK_NANOS = 5_000_000;

  // The tests share an application: its start is what takes time.
  private static OtlpReceiver receiver;
  private static TracedApp app;

  @BeforeAll
  static void start() throws Exception {
    receiver = OtlpReceiver.start();
    app = TracedApp.builder().to(receiver).start(WorkingApp.class);
    app.awaitKernelSpans();
  }

  @AfterAll
  static void stop() {
    app.close();
    receiver.close();
  }

  private static List<Received> below(Received parent, String name) throws InterruptedException {
    List<Received> spans =
        receiver.await(1, span -> span.isBelow(parent) && span.name().equals(name));
    assertThat(spans)
        .allSatisfy(
            span -> {
              assertThat(span.isKernels()).isTrue();
              assertThat(span.isWithin(parent, SLACK_NANOS)).isTrue();
            });
    return spans;
  }

  @Test
  void allOfThemRun() {
    assertThat(app.ours())
        .singleElement()
        .asString()
        .isEqualTo(TracedApp.OURS + "kernel spans: " + String.join(", ", Settings.ALL_SPANS));
  }

  @Test
  void whatIsWrittenToDiskWaitsForTheDisk() throws Exception {
    Path file = Files.createTempFile(Path.of("/var/tmp"), "ebpf-agent", ".bin");
    try {
      assumeTrue(Files.getFileStore(file).name().startsWith("/dev/"), "/var/tmp is on no disk");
      app.say("write " + file);
      app.await("done write"::equals);
      Received parent = receiver.awaitOne("write");
      List<Received> requests = below(parent, "block-io");
      long bytes =
          requests.stream()
              .filter(span -> span.attribute("disk.io.direction").equals("write"))
              .mapToLong(span -> Long.parseLong(span.attribute("ebpf.block.bytes")))
              .sum();
      assertThat(bytes).isGreaterThanOrEqualTo(1 << 20);
      assertThat(requests)
          .allSatisfy(span -> assertThat(span.attribute("system.device")).matches("[a-z].*"));
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void aConnectKnowsItsPeer() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      connect(server.getLocalPort(), "false");
      server.accept().close();
    }
  }

  @Test
  void aConnectThatIsRefusedSaysSo() throws Exception {
    int port;
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = server.getLocalPort();
    }
    connect(port, "true");
  }

  private static void connect(int port, String refused) throws InterruptedException {
    int before = receiver.spans(span -> span.name().equals("connect")).size();
    app.say("connect " + port);
    Received parent = receiver.await(before + 1, span -> span.name().equals("connect")).get(before);
    assertThat(below(parent, "tcp-connect"))
        .singleElement()
        .satisfies(
            span -> {
              assertThat(span.attribute("network.peer.address")).isEqualTo("127.0.0.1");
              assertThat(span.attribute("network.peer.port")).isEqualTo(Integer.toString(port));
              assertThat(span.attribute("ebpf.connect.refused")).isEqualTo(refused);
            });
  }
}
