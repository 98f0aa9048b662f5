// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.KernelTest;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the process does with files and sockets, held against what the test does. */
@KernelTest
@Timeout(120)
final class FilesAndSocketsTest {
  private static final int TIMES = 100;
  private static final int BYTES = 4096;
  private static final int SYNCS = 5;

  @TempDir Path dir;

  @Test
  void filesAreReadWrittenAndSynced() throws Exception {
    Path file = dir.resolve("file");
    write(file); // has all classes loaded, which are read from files
    try (WatchedHost host = WatchedHost.watch("jvm-io")) {
      long reads = host.observed("jvm_file_operation_seconds", Map.of("operation", "read"));
      long bytesRead = host.counted("jvm_file_bytes_total", Map.of("operation", "read"));
      write(file);
      assertThat(host.observed("jvm_file_operation_seconds", Map.of("operation", "write")))
          .isEqualTo(TIMES);
      assertThat(host.counted("jvm_file_bytes_total", Map.of("operation", "write")))
          .isEqualTo(TIMES * BYTES);
      assertThat(host.observed("jvm_file_operation_seconds", Map.of("operation", "sync")))
          .isEqualTo(SYNCS);
      assertThat(host.seconds("jvm_file_operation_seconds", Map.of("operation", "sync")))
          .isPositive();
      // Whatever else the JVM reads at the time comes on top.
      assertThat(host.observed("jvm_file_operation_seconds", Map.of("operation", "read")) - reads)
          .isBetween((long) TIMES, TIMES + 50L);
      assertThat(host.counted("jvm_file_bytes_total", Map.of("operation", "read")) - bytesRead)
          .isGreaterThanOrEqualTo(TIMES * BYTES);
    }
  }

  private static void write(Path file) throws Exception {
    ByteBuffer buffer = ByteBuffer.allocateDirect(BYTES);
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      for (int i = 0; i < TIMES; i++) {
        channel.write(buffer.clear(), (long) i * BYTES);
      }
      for (int i = 0; i < SYNCS; i++) {
        channel.force(true);
      }
      for (int i = 0; i < TIMES; i++) {
        channel.read(buffer.clear(), (long) i * BYTES);
      }
    }
  }

  @Test
  void syncsAreSeenWithoutProgramsOnSystemCalls() throws Exception {
    Path file = dir.resolve("file");
    try (WatchedHost host = WatchedHost.watch("jvm-disk")) {
      long begin = System.nanoTime();
      write(file);
      assertThat(host.observed("jvm_file_operation_seconds", Map.of("operation", "sync")))
          .isEqualTo(SYNCS);
      assertThat(host.observed("jvm_file_operation_seconds", Map.of())).isEqualTo(SYNCS);
      assertThat(host.seconds("jvm_file_operation_seconds", Map.of()))
          .isPositive()
          .isLessThan((System.nanoTime() - begin) / 1e9);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"jvm-disk", "jvm-io"})
  void blockIoOfItsOwnIsSeen(String config) throws Exception {
    Path file = Files.createTempFile(Path.of("/var/tmp"), "ebpf-jvm-io", ".data");
    try (WatchedHost host = WatchedHost.watch(config)) {
      Assumptions.assumeTrue(
          Files.getFileStore(file).name().startsWith("/dev/"), file + " is on a disk");
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        for (int i = 0; i < TIMES; i++) {
          channel.write(ByteBuffer.allocate(BYTES), (long) i * BYTES);
          channel.force(false);
        }
      }
      // A sync writes what is in the page cache, in the thread that asked for it.
      Map<String, String> writes = Map.of("operation", "write");
      WatchedHost.await(() -> host.observed("jvm_block_io_seconds", writes) >= TIMES);
      assertThat(host.observed("jvm_block_io_seconds", writes)).isGreaterThanOrEqualTo(TIMES);
      assertThat(host.seconds("jvm_block_io_seconds", writes)).isPositive();
      assertThat(host.values("jvm_block_io_seconds", "device"))
          .allMatch(device -> Files.exists(Path.of("/dev", device)));
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void systemCallsAreAsManyAsWereMade() throws Throwable {
    Linker linker = Linker.nativeLinker();
    // int sched_rr_get_interval(pid_t pid, struct timespec *tp), which hardly any program calls
    MethodHandle call =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("sched_rr_get_interval"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
    try (WatchedHost host = WatchedHost.watch("jvm-syscalls");
        Arena arena = Arena.ofConfined()) {
      MemorySegment interval = arena.allocate(16, 8);
      for (int i = 0; i < TIMES; i++) {
        assertThat((int) call.invokeExact(0, interval)).isZero();
        assertThat((int) call.invokeExact(-1, interval)).isEqualTo(-1);
      }
      Map<String, String> syscall = Map.of("syscall", "sched_rr_get_interval");
      assertThat(host.counted("jvm_syscalls_total", syscall)).isEqualTo(2 * TIMES);
      assertThat(
              host.counted(
                  "jvm_syscall_errors_total",
                  Map.of("syscall", "sched_rr_get_interval", "errno", "EINVAL")))
          .isEqualTo(TIMES);
    }
  }

  @Test
  void connectionsAreMadeAndReset() throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (WatchedHost host = WatchedHost.watch("jvm-net");
        ServerSocket server = new ServerSocket(0, TIMES, loopback)) {
      Map<String, String> port = Map.of("port", String.valueOf(server.getLocalPort()));
      for (int i = 0; i < TIMES; i++) {
        Socket client = new Socket(loopback, server.getLocalPort());
        try (Socket accepted = server.accept()) {
          client.setSoLinger(true, 0);
          client.close();
          assertThatThrownBy(() -> accepted.getInputStream().read()).hasMessageContaining("reset");
        }
      }
      assertThat(host.observed("jvm_tcp_connect_seconds", port)).isEqualTo(TIMES);
      assertThat(host.seconds("jvm_tcp_connect_seconds", port)).isPositive();
      assertThat(
              host.counted(
                  "jvm_tcp_resets_total",
                  Map.of("port", String.valueOf(server.getLocalPort()), "direction", "received")))
          .isEqualTo(TIMES);
    }
  }

  @Test
  void connectionsAreRefused() throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    int port;
    try (ServerSocket server = new ServerSocket(0, 1, loopback)) {
      port = server.getLocalPort();
    }
    try (WatchedHost host = WatchedHost.watch("jvm-net")) {
      for (int i = 0; i < TIMES; i++) {
        try (Socket socket = new Socket()) {
          assertThatThrownBy(() -> socket.connect(new InetSocketAddress(loopback, port)))
              .isInstanceOf(ConnectException.class);
        }
      }
      assertThat(
              host.counted(
                  "jvm_tcp_connect_failures_total",
                  Map.of("port", String.valueOf(port), "errno", "ECONNREFUSED")))
          .isEqualTo(TIMES);
      assertThat(host.observed("jvm_tcp_connect_seconds", Map.of("port", String.valueOf(port))))
          .isZero();
    }
  }

  /** A server that accepts nothing lets SYNs fall, once its queue is full: they are sent again. */
  @Test
  void packetsAreSentAgain() throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    List<SocketChannel> clients = new ArrayList<>();
    try (WatchedHost host = WatchedHost.watch("jvm-net");
        ServerSocket server = new ServerSocket(0, 1, loopback)) {
      Map<String, String> port = Map.of("port", String.valueOf(server.getLocalPort()));
      try {
        for (int i = 0; i < 6; i++) {
          SocketChannel client = SocketChannel.open();
          clients.add(client);
          client.configureBlocking(false);
          client.connect(server.getLocalSocketAddress());
        }
        WatchedHost.await(() -> host.counted("jvm_tcp_retransmits_total", port) > 0);
        assertThat(host.counted("jvm_tcp_retransmits_total", port)).isPositive();
      } finally {
        for (SocketChannel client : clients) {
          client.close();
        }
      }
    }
  }
}
