// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.engine.Engine;
import io.ebpfagent.engine.EnginePlan;
import io.ebpfagent.engine.HostProcess;
import io.ebpfagent.log.Log;
import io.ebpfagent.trace.SpanCounts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import java.util.concurrent.locks.LockSupport;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A JVM that watches itself and has what is notable recorded; it does what it is told to. */
final class RecordedHost {
  static final String SLEEPER = "sleeper-17";
  static final long SLEEP_NANOS = 150_000_000;
  static final int MOST_PER_SECOND = 50;

  /** The application's own event, around what the kernel sees, too. */
  @Name("test.Slept")
  @StackTrace(false)
  static final class SleptEvent extends Event {
    long tid;
  }

  private RecordedHost() {}

  /** Takes the folder of the configs, and the file of one below its cgroup. */
  public static void main(String[] arguments) throws Exception {
    Path examples = Path.of(arguments[0]);
    String victimsCgroup = arguments[1];
    JfrSettings settings =
        new JfrSettings(Duration.ofMillis(20), Duration.ofNanos(1), MOST_PER_SECOND);
    Log log =
        (level, message, thrown) -> {
          if (level != Log.Level.DEBUG) {
            System.out.println(level + " " + message + (thrown == null ? "" : " " + thrown));
          }
        };
    JfrSpanSink sink = JfrSpanSink.open(settings, log);
    List<String> configs =
        List.of("jvm-offcpu", "jvm-disk", "jvm-net", "jvm-memory", "jvm-throttle");
    EnginePlan.Builder plan =
        EnginePlan.builder()
            .log(log)
            .configs(ConfigSet.fromDirectory(examples, configs))
            .host(HostProcess.current(Log.NONE));
    sink.addTo(plan);
    try (Engine engine = Engine.start(plan.build());
        Scanner commands = new Scanner(System.in, UTF_8)) {
      long attached = engine.configs().stream().filter(config -> config.attached()).count();
      System.out.println("attached " + attached);
      System.out.println("recorder " + FlightRecorder.isInitialized());
      while (commands.hasNextLine()) {
        switch (commands.nextLine()) {
          case "sleep" -> sleep();
          case "write" -> write(1);
          case "overflow" -> write(10 * MOST_PER_SECOND);
          case "retransmit" -> retransmit();
          case "spin" -> spin();
          case "kill" -> kill(victimsCgroup);
          default -> throw new IllegalArgumentException();
        }
        System.out.println("done");
      }
      SpanCounts counts = sink.counts();
      System.out.println(
          "exported %d, full %d, unrecorded %d"
              .formatted(
                  counts.exported(),
                  counts.dropped(SpanCounts.Reason.QUEUE_FULL),
                  counts.dropped(SpanCounts.Reason.NO_EXPORTER)));
    }
    sink.close(Duration.ofSeconds(1));
  }

  private static void sleep() throws Exception {
    Thread sleeper =
        new Thread(
            () -> {
              SleptEvent event = new SleptEvent();
              event.tid = Thread.currentThread().threadId();
              LockSupport.parkNanos(1_000_000);
              event.begin();
              LockSupport.parkNanos(SLEEP_NANOS);
              event.commit();
              // Spans come in batches, a second late at most: is the thread still there?
              LockSupport.parkNanos(1_500_000_000L);
            },
            SLEEPER);
    sleeper.start();
    sleeper.join();
  }

  private static void write(int times) throws IOException {
    Path file = Files.createTempFile(Path.of("/var/tmp"), "ebpf-jfr", ".data");
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (int i = 0; i < times; i++) {
        channel.write(ByteBuffer.allocate(4096), 4096L * i);
        channel.force(false);
      }
    } finally {
      Files.delete(file);
    }
  }

  /** What a server that accepts nothing lets fall is sent again after a second. */
  private static void retransmit() throws IOException {
    List<SocketChannel> clients = new ArrayList<>();
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      for (int i = 0; i < 6; i++) {
        SocketChannel client = SocketChannel.open();
        clients.add(client);
        client.configureBlocking(false);
        client.connect(server.getLocalSocketAddress());
      }
      LockSupport.parkNanos(1_500_000_000L);
    } finally {
      for (SocketChannel client : clients) {
        client.close();
      }
    }
  }

  private static void spin() {
    long end = System.nanoTime() + 1_000_000_000L;
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
  }

  private static void kill(String cgroup) throws Exception {
    String command = "echo 0 > " + cgroup + "/cgroup.procs; exec tail /dev/zero";
    new ProcessBuilder("sh", "-c", command).inheritIO().start().waitFor();
  }
}
