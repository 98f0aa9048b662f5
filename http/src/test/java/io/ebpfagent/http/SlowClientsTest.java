// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Many clients that don't read their answers. */
final class SlowClientsTest {
  /** Longer than any test runs; nothing may depend on this timeout. */
  private static final Duration NEVER = Duration.ofHours(1);

  private static final Duration SHORT = Duration.ofMillis(100);

  private static Limits limits(int answers, Duration stall, Duration header, Duration idle) {
    return new Limits(
        answers, 4 * answers, SHORT, stall, header, idle, SHORT, Duration.ofMillis(10));
  }

  private static Limits limits(int answers) {
    return limits(answers, NEVER, NEVER, NEVER);
  }

  /** As many clients as threads; many more; as many as connections; more than connections. */
  @ParameterizedTest
  @ValueSource(ints = {16, 24, 64, 200})
  void deafClientsHoldNobodyUp(int count) throws Exception {
    try (TestServer server = new TestServer(limits(16))) {
      server.deaf(count, "/big");
      for (int i = 0; i < 3; i++) {
        assertThat(server.get("/")).startsWith("HTTP/1.1 200 ");
        assertThat(server.get("/big")).startsWith("HTTP/1.1 200 ").endsWith("\r\n0\r\n\r\n");
        assertThat(server.server.works(TestServer.LONGEST)).isTrue();
      }
      // One more thread is for the server's test job.
      assertThat(TestServer.threads("answer")).isLessThanOrEqualTo(16 + 1);
    }
  }

  /** What a client does with a connection, again and again on new ones. */
  private interface Habit {
    void follow(Socket socket) throws IOException, InterruptedException;
  }

  /** All others are asked for with such clients, and are answered. */
  private static void holdNobodyUp(int count, Habit habit) throws Exception {
    CountDownLatch stop = new CountDownLatch(1);
    AtomicInteger asked = new AtomicInteger();
    List<Thread> clients = new ArrayList<>();
    // There is room for all connections: of others, any may be closed.
    Limits limits = new Limits(4, 100, SHORT, NEVER, NEVER, NEVER, SHORT, Duration.ofMillis(10));
    try (TestServer server = new TestServer(limits)) {
      for (int i = 0; i < count; i++) {
        Thread client =
            new Thread(
                () -> {
                  while (stop.getCount() > 0) {
                    try (Socket socket =
                        new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                      socket.getOutputStream().write(request("/big"));
                      asked.incrementAndGet();
                      habit.follow(socket);
                    } catch (IOException e) {
                      // It is cut, and begins again.
                    } catch (InterruptedException e) {
                      return;
                    }
                  }
                });
        client.setDaemon(true);
        client.start();
        clients.add(client);
      }
      TestServer.await("all have asked", () -> asked.get() > 2 * count);
      for (int i = 0; i < 5; i++) {
        assertThat(server.get("/")).startsWith("HTTP/1.1 200 ");
        assertThat(server.get("/-/healthy")).startsWith("HTTP/1.1 200 ");
        assertThat(server.get("/big")).endsWith("\r\n0\r\n\r\n");
      }
    } finally {
      stop.countDown();
      for (Thread client : clients) {
        client.interrupt();
        client.join();
      }
    }
  }

  /** They ask for more than can be answered if each may take its time. */
  @Test
  void clientsThatAskAndLeaveHoldNobodyUp() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    holdNobodyUp(40, socket -> assertThat(never.await(200, TimeUnit.MILLISECONDS)).isFalse());
  }

  /** Each makes progress all the time, but so slowly that its answer would never end. */
  @Test
  void clientsThatReadALittleHoldNobodyUp() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    holdNobodyUp(
        12,
        socket -> {
          while (socket.getInputStream().readNBytes(10_000).length > 0) {
            assertThat(never.await(20, TimeUnit.MILLISECONDS)).isFalse();
          }
        });
  }

  @Test
  void theOnlyThreadIsFreedThoughAnotherRests() throws Exception {
    try (TestServer server = new TestServer(limits(1))) {
      server.deaf(1, "/big");
      TestServer.await("asked", () -> TestServer.threads("answer") == 1);
      assertThat(server.server.works(TestServer.LONGEST)).isTrue();
      assertThat(server.get("/")).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void clientsThatPipelineHoldNobodyUp() throws Exception {
    try (TestServer server = new TestServer(limits(4))) {
      String requests = "GET /big HTTP/1.1\r\nHost: h\r\n\r\n".repeat(200);
      for (int i = 0; i < 12; i++) {
        server.say(requests);
      }
      assertThat(server.get("/big")).endsWith("\r\n0\r\n\r\n");
      assertThat(server.get("/")).startsWith("HTTP/1.1 200 ");
      assertThat(server.server.works(TestServer.LONGEST)).isTrue();
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() throws Exception {
    try (TestServer server = new TestServer(limits(4))) {
      String answers =
          server.ask(
              """
              GET /echo?name[]=1 HTTP/1.1
              Host: h

              GET /echo?name[]=2 HTTP/1.1
              Host: h

              GET /echo?name[]=3 HTTP/1.1
              Host: h
              Connection: close

              """
                  .replace("\n", "\r\n"));
      assertThat(answers).containsSubsequence("/echo[1]", "/echo[2]", "/echo[3]");
    }
  }

  /** The answer is cut although no other one waits. */
  @Test
  void anAnswerThatDoesNotMoveIsCut() throws Exception {
    try (TestServer server = new TestServer(limits(4, SHORT, NEVER, NEVER))) {
      Socket deaf = server.deaf(1, "/big").get(0);
      TestServer.await("cut", () -> server.logs("no progress for 100 ms"));
      assertThat(readAll(deaf)).doesNotEndWith("\r\n0\r\n\r\n");
    }
  }

  /** A slow page must not count as a slow client. */
  @Test
  void aSlowPageIsNotCut() throws Exception {
    try (TestServer server = new TestServer(limits(1, Duration.ofMillis(1), NEVER, NEVER));
        Socket slow = server.say("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")) {
      TestServer.await("begun", () -> server.slow.getNumberWaiting() == 1);
      Socket other = server.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      TestServer.await("asked", () -> server.server.connections() == 2);
      // The page is slow and not the client, so the server counts as hung.
      TestServer.await("hangs", () -> !works(server));
      server.slow.await();
      assertThat(slow.getInputStream().readNBytes(15)).asString().isEqualTo("HTTP/1.1 200 OK");
      assertThat(other.getInputStream().readNBytes(15)).asString().isEqualTo("HTTP/1.1 200 OK");
      assertThat(server.server.works(TestServer.LONGEST)).isTrue();
    }
  }

  /** Three clients come while the only thread is busy, and a question whether the server lives. */
  @Test
  void probesComeFirstThenKnownClientsThenTheOthersInTheirOrder() throws Exception {
    Queue<String> order = new ConcurrentLinkedQueue<>();
    HttpServer.Builder builder =
        HttpServer.builder()
            .limits(new Limits(1, 8, SHORT, NEVER, NEVER, NEVER, SHORT, SHORT))
            .page("/first", exchange -> exchange.send(200, Exchange.TEXT, "" + order.add("known")))
            .page("/second", exchange -> exchange.send(200, Exchange.TEXT, "" + order.add("older")))
            .page("/third", exchange -> exchange.send(200, Exchange.TEXT, "" + order.add("newer")))
            .ready(() -> order.add("probe"));
    try (TestServer server = new TestServer(builder)) {
      Socket known = server.connect();
      ask(known);
      server.say("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
      TestServer.await("begun", () -> server.slow.getNumberWaiting() == 1);
      known.getOutputStream().write(request("/first"));
      int asked = 2;
      TestServer.await("asked", () -> server.server.busy() == 2);
      for (String path : List.of("/second", "/third", "/-/ready")) {
        server.connect().getOutputStream().write(request(path));
        int busy = ++asked;
        TestServer.await("asked", () -> server.server.busy() == busy);
      }
      server.slow.await();
      TestServer.await("answered", () -> order.size() == 4);
      assertThat(order).containsExactly("probe", "known", "older", "newer");
    }
  }

  /** One has left, and its page is not even begun; the other has asked for something more. */
  @Test
  void whoLeavesBeforeItsTurnIsNotAnswered() throws Exception {
    try (TestServer server = new TestServer(limits(1))) {
      server.say("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
      TestServer.await("begun", () -> server.slow.getNumberWaiting() == 1);
      Socket leaves = server.say("GET /echo?name[]=left HTTP/1.1\r\nHost: h\r\n\r\n");
      Socket stays = server.say("GET /echo?name[]=first HTTP/1.1\r\nHost: h\r\n\r\n");
      TestServer.await("asked", () -> server.server.busy() == 3);
      leaves.close();
      String second = "GET /echo?name[]=second HTTP/1.1\r\nHost: h\r\nX: " + "x".repeat(600);
      stays.getOutputStream().write((second + "\r\n\r\n").getBytes(ISO_8859_1));
      assertThat(new CountDownLatch(1).await(200, TimeUnit.MILLISECONDS)).isFalse();
      server.slow.await();
      TestServer.await("both are answered", () -> server.echoed.size() == 2);
      assertThat(server.echoed).containsExactly("first", "second");
      assertThat(server.logs("its client has left")).isTrue();
      TestServer.await("gone", () -> server.server.connections() == 2);
    }
  }

  private static byte[] request(String path) {
    return ("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n").getBytes(ISO_8859_1);
  }

  private static boolean works(TestServer server) {
    try {
      return server.server.works(TestServer.LONGEST);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aRequestThatDoesNotEndIsCut() throws Exception {
    try (TestServer server = new TestServer(limits(4, NEVER, SHORT, NEVER))) {
      assertThat(server.say("G").getInputStream().read()).isNegative();
      // A client that goes on slowly is cut as well.
      Socket trickle = server.say("GET / HTTP/1.1\r\n");
      trickle.setSoTimeout(10);
      assertThat(trickle(trickle)).isTrue();
      // A connection on which nothing was sent does not count as a slow request.
      Socket silent = server.connect();
      assertThat(server.say("G").getInputStream().read()).isNegative();
      silent.getOutputStream().write("GET / HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(ISO_8859_1));
      assertThat(silent.getInputStream().read()).isEqualTo('H');
    }
  }

  /**
   * Sends a byte whenever nothing came for a while; returns true when the server closes the
   * connection.
   */
  private static boolean trickle(Socket socket) {
    for (int i = 0; i < 1000; i++) {
      try {
        socket.getOutputStream().write('a');
        if (socket.getInputStream().read() < 0) {
          return true;
        }
      } catch (SocketTimeoutException e) {
        // The server is still reading.
      } catch (IOException e) {
        return true;
      }
    }
    return false;
  }

  @Test
  void idleConnectionsAreClosedInTheEnd() throws Exception {
    try (TestServer server = new TestServer(limits(4, NEVER, NEVER, SHORT))) {
      Socket silent = server.connect();
      assertThat(silent.getInputStream().read()).isNegative();
      Socket used = server.say("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(readAll(used)).startsWith("HTTP/1.1 200 ").endsWith("<p>Ã¼</p>");
    }
  }

  @Test
  void theOldestIdleConnectionMakesRoom() throws Exception {
    try (TestServer server = new TestServer(limits(1))) {
      List<Socket> sockets = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        sockets.add(server.connect());
        ask(sockets.get(i));
      }
      ask(sockets.get(0));
      ask(server.connect());
      assertThat(sockets.get(1).getInputStream().read()).isNegative();
      for (int i : new int[] {0, 2, 3}) {
        ask(sockets.get(i));
      }
      assertThat(server.server.connections()).isEqualTo(4);
    }
  }

  private static void ask(Socket socket) throws IOException {
    socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(ISO_8859_1));
    String answer = new String(socket.getInputStream().readNBytes(15), ISO_8859_1);
    assertThat(answer).isEqualTo("HTTP/1.1 200 OK");
    byte[] rest = new byte[8192];
    StringBuilder text = new StringBuilder();
    while (text.indexOf("</p>") < 0) {
      text.append(new String(rest, 0, socket.getInputStream().read(rest), ISO_8859_1));
    }
  }

  /** Each connection takes two file descriptors here, because both ends belong to this process. */
  @Test
  void idleConnectionsDoNotTakeAllDescriptors() throws Exception {
    int count = 1_500;
    long most = 0;
    try (TestServer server = new TestServer(limits(16))) {
      assertThat(server.get("/")).startsWith("HTTP/1.1 200 ");
      long before = descriptors();
      for (int i = 0; i < count; i++) {
        server.connect();
        if (i % 50 == 0) {
          most = Math.max(most, descriptors() - before - i);
        }
      }
      assertThat(server.get("/")).startsWith("HTTP/1.1 200 ");
      assertThat(server.server.connections()).isLessThanOrEqualTo(64);
      TestServer.await("closed", () -> descriptors() - before - count <= 64 + 1);
      assertThat(most).as("descriptors on the way").isLessThan(200);
    }
  }

  private static long descriptors() {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Reads everything until the end of the stream or a reset. */
  private static String readAll(Socket socket) {
    StringBuilder text = new StringBuilder();
    byte[] buffer = new byte[65536];
    try {
      for (int n = socket.getInputStream().read(buffer);
          n >= 0;
          n = socket.getInputStream().read(buffer)) {
        text.append(new String(buffer, 0, n, ISO_8859_1));
      }
    } catch (IOException e) {
      assertThat(e).isNotInstanceOf(SocketTimeoutException.class);
    }
    return text.toString();
  }

  @Test
  void stopsThoughClientsAreDeaf() throws Exception {
    TestServer server = new TestServer(limits(4));
    try (server) {
      server.deaf(12, "/big");
      TestServer.await("asked", () -> server.server.connections() == 12);
    }
    TestServer.await("threads end", () -> TestServer.threads("answer") == 0);
    assertThat(server.log).noneMatch(line -> line.contains("WARNING") || line.contains("ERROR"));
    assertThat(server.server.works(Duration.ZERO)).isFalse();
  }
}
