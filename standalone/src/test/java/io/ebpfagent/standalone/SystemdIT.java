// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The exporter as a service of systemd, on a machine that systemd need not run on. */
@ProductTest
class SystemdIT {
  private static final Path PYTHON = Path.of("/usr/bin/python3");
  private static final Path ACTIVATE = Path.of("/usr/bin/systemd-socket-activate");
  private static final Path ANALYZE = Path.of("/usr/bin/systemd-analyze");
  private static final Path UNITS = Path.of("src/main/systemd");
  private static final String CONFIG = "--config.names=percpu-softirq";

  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(strings = {"/notify", "@"})
  void tellsHowItIs(String kind) throws IOException {
    Machine.needs(Files.isExecutable(PYTHON), PYTHON + " is there");
    String address = kind.equals("@") ? "@" + dir : dir + kind;
    Map<String, String> environment =
        Map.of("NOTIFY_SOCKET", address, "WATCHDOG_USEC", Long.toString(500_000));
    List<String> arguments = List.of("--web.listen-address=127.0.0.1:0", CONFIG);
    Process listener = new ProcessBuilder(PYTHON.toString(), "-c", LISTENER, address).start();
    try (BufferedReader messages = listener.inputReader(UTF_8)) {
      assertThat(messages.readLine()).isEqualTo("bound");
      try (ExporterProcess exporter =
          ExporterProcess.start(Product.process(environment, arguments))) {
        int alive = 0;
        boolean ready = false;
        while (!ready || alive < 3) {
          String message = messages.readLine();
          if (message.startsWith("READY=1|")) {
            assertThat(message)
                .matches("READY=1\\|STATUS=1 configs attached in \\d+ ms; serving http.*");
            ready = true;
          } else {
            assertThat(message).isEqualTo("WATCHDOG=1");
            alive++;
          }
        }
        exporter.stop();
      }
      assertThat(messages.lines().dropWhile("WATCHDOG=1"::equals).findFirst())
          .contains("STOPPING=1|STATUS=stopping");
    } finally {
      listener.destroyForcibly();
    }
  }

  /** The watchdog's check uses no connection, so clients that don't read can't end the service. */
  @Test
  void isAliveWhateverClientsDo() throws IOException {
    Machine.needs(Files.isExecutable(PYTHON), PYTHON + " is there");
    String address = dir + "/notify";
    Map<String, String> environment =
        Map.of("NOTIFY_SOCKET", address, "WATCHDOG_USEC", Long.toString(500_000));
    Process listener = new ProcessBuilder(PYTHON.toString(), "-c", LISTENER, address).start();
    try (BufferedReader messages = listener.inputReader(UTF_8)) {
      assertThat(messages.readLine()).isEqualTo("bound");
      keepsSayingThatItIsAlive(messages, ExporterProcess.start(environment, CONFIG));
    } finally {
      listener.destroyForcibly();
    }
  }

  private static void keepsSayingThatItIsAlive(BufferedReader messages, ExporterProcess running)
      throws IOException {
    List<Socket> deaf = new ArrayList<>();
    try (ExporterProcess exporter = running) {
      byte[] requests = "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n".repeat(500).getBytes(UTF_8);
      for (int i = 0; i < 100; i++) {
        URI uri = exporter.request("/").build().uri();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), uri.getPort());
        deaf.add(socket);
        socket.getOutputStream().write(requests);
      }
      exporter.scrape();
      // Earlier messages may still be queued, so this reads more than were sent in the time.
      for (int alive = 0; alive < 10; ) {
        alive += messages.readLine().equals("WATCHDOG=1") ? 1 : 0;
      }
      assertThat(exporter.log()).noneMatch(line -> line.contains("systemd is not told"));
      exporter.stop();
    } finally {
      for (Socket socket : deaf) {
        socket.close();
      }
    }
  }

  /** Prints each message on a line; ends when the service stops. */
  private static final String LISTENER =
      """
      import socket, sys
      address = sys.argv[1]
      listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      listener.bind('\\0' + address[1:] if address[0] == '@' else address)
      print('bound', flush=True)
      message = ''
      while 'STOPPING' not in message:
          message = listener.recv(4096).decode()
          print(message.replace('\\n', '|'), flush=True)
      """;

  @Test
  void servesOnASocketThatWasPassed() throws Exception {
    Machine.needs(Files.isExecutable(ACTIVATE), ACTIVATE + " is there (package systemd)");
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), Machine.freePort());
    ProcessBuilder builder =
        Product.process(Map.of(), List.of("--web.listen-address=fd://0", CONFIG));
    List<String> command = new ArrayList<>();
    command.addAll(List.of(ACTIVATE.toString(), "-E", "JAVA_HOME"));
    command.addAll(List.of("-l", "127.0.0.1:" + address.getPort()));
    command.addAll(builder.command());
    // The first connection starts the exporter, which then answers it.
    CompletableFuture<String> first =
        connected(address).orTimeout(60, TimeUnit.SECONDS).thenApply(SystemdIT::askForIndex);
    try (ExporterProcess exporter = ExporterProcess.start(builder.command(command))) {
      assertThat(first.get(60, TimeUnit.SECONDS)).isEqualTo("HTTP/1.1 200 OK");
      assertThat(exporter.log())
          .anyMatch(
              line -> line.endsWith("serving http://127.0.0.1:" + address.getPort() + "/metrics"));
      assertThat(exporter.get("/metrics")).contains("ebpf_exporter_config_attached{");
      exporter.stop();
    }
  }

  /** Returns a connection, as soon as something listens. */
  private static CompletableFuture<Socket> connected(InetSocketAddress address) {
    return CompletableFuture.supplyAsync(
            () -> {
              try {
                return new Socket(address.getAddress(), address.getPort());
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS))
        .exceptionallyCompose(refused -> connected(address));
  }

  private static String askForIndex(Socket socket) {
    try (socket) {
      socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(UTF_8));
      byte[] status = socket.getInputStream().readNBytes("HTTP/1.1 200 OK".length());
      return new String(status, UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void socketsOfOthersAreNotTaken() {
    Map<String, String> others = Map.of("LISTEN_PID", "1", "LISTEN_FDS", "1");
    List<String> arguments = List.of("--web.listen-address=fd://0", CONFIG);
    assertThat(Product.run(others, arguments).refused(2).err())
        .contains("--web.listen-address=fd://0: the sockets are for process 1, this is ");
    assertThat(Product.run(Map.of(), arguments).refused(2).err())
        .contains("--web.listen-address=fd://0: no socket was passed");
  }

  @Test
  void unitsAreSound() throws Exception {
    Machine.needs(Files.isExecutable(ANALYZE), ANALYZE + " is there (package systemd)");
    // A unit's executable must exist, and the product is not installed here.
    Path launcher = Product.WORK.resolve("ebpf-exporter").toAbsolutePath();
    List<String> command = new ArrayList<>(List.of(ANALYZE.toString(), "verify", "--man=no"));
    try (Stream<Path> units = Files.list(UNITS)) {
      for (Path unit : units.toList()) {
        String text =
            Files.readString(unit)
                .replace("/usr/local/lib/ebpf-exporter/ebpf-exporter", launcher.toString());
        command.add(Files.writeString(dir.resolve(unit.getFileName()), text).toString());
      }
    }
    assertThat(command).hasSize(5);
    Process verify = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(verify.getInputStream().readAllBytes(), UTF_8);
    assertThat(verify.waitFor()).as(output).isZero();
    // The output may also be about other units of this machine.
    assertThat(output).doesNotContain("ebpf-exporter");
  }
}
