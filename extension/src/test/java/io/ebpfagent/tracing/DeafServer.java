// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.linux.NativeFunction;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A server that gets no packets for a while: a filter drops all that come to its socket. */
final class DeafServer implements AutoCloseable {
  // asm-generic/socket.h
  private static final int SOL_SOCKET = 1;
  private static final int SO_ATTACH_FILTER = 26;
  private static final int SO_DETACH_FILTER = 27;
  private static final int LOCALHOST = 0x0100007f;
  // linux/filter.h: return 0 bytes of the packet
  private static final short BPF_RET_K = 6;

  // int setsockopt(int sockfd, int level, int optname, const void *optval, socklen_t optlen)
  private static final NativeFunction SETSOCKOPT = NativeFunction.libc("setsockopt");

  private final ServerSocket listening;
  private Socket socket = new Socket();

  DeafServer() throws IOException {
    listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  int port() {
    return listening.getLocalPort();
  }

  /** Waits for a connection. */
  void accept() throws IOException {
    socket = listening.accept();
  }

  /** Sends a byte, and hears the answer only when it was sent again, twice. */
  void letSendAgain(char question, int answer) throws IOException {
    beDeaf();
    send(question);
    awaitRetransmits();
    hear();
    readFully(answer);
  }

  private void beDeaf() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      // struct sock_filter: 0 u16 code | 2 u8 jt | 3 u8 jf | 4 u32 k
      MemorySegment filter = arena.allocate(8, 8);
      filter.set(ValueLayout.JAVA_SHORT, 0, BPF_RET_K);
      // struct sock_fprog: 0 u16 len | 8 pointer
      MemorySegment program = arena.allocate(16, 8);
      program.set(ValueLayout.JAVA_SHORT, 0, (short) 1);
      program.set(ValueLayout.JAVA_LONG, 8, filter.address());
      set(SO_ATTACH_FILTER, program);
    }
  }

  void send(int b) throws IOException {
    socket.getOutputStream().write(b);
  }

  private void hear() throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      set(SO_DETACH_FILTER, arena.allocate(4));
    }
  }

  void readFully(int bytes) throws IOException {
    socket.getInputStream().readNBytes(bytes);
  }

  /** Ends the connection by a reset. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  private void awaitRetransmits() throws IOException {
    long deadline = System.nanoTime() + TracedApp.MAY_TAKE.toNanos();
    while (retransmits() < 2) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  /** How often the other end has had to wait for an acknowledgement in vain. */
  private int retransmits() throws IOException {
    return row(socket.getPort(), socket.getLocalPort())
        .map(fields -> Integer.parseInt(fields[6], 16))
        .orElse(0);
  }

  private void set(int option, MemorySegment value) throws IOException {
    int result =
        SETSOCKOPT.asInt(
            descriptor(), SOL_SOCKET, option, NativeFunction.address(value), value.byteSize());
    if (result != 0) {
      throw new IOException("setsockopt: " + result);
    }
  }

  private int descriptor() throws IOException {
    String link =
        "socket:[%s]"
            .formatted(
                row(socket.getLocalPort(), socket.getPort())
                    .orElseThrow(() -> new IOException("no such connection"))[9]);
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path descriptor : descriptors) {
        if (Files.isSymbolicLink(descriptor)
            && Files.readSymbolicLink(descriptor).toString().equals(link)) {
          return Integer.parseInt(descriptor.getFileName().toString());
        }
      }
    }
    throw new IOException("no descriptor of " + link);
  }

  /**
   * A connection on the loopback: 0 number 1 local 2 remote 3 state 4 queues 5 timer 6 retransmits
   * 7 uid 8 timeout 9 inode. A socket that takes both versions of the protocol is among those of 6.
   */
  private static Optional<String[]> row(int local, int remote) throws IOException {
    for (String file : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      for (String line : Files.readAllLines(Path.of(file))) {
        String[] fields = line.strip().split(" +", -1);
        if (is(fields[1], local) && is(fields[2], remote)) {
          return Optional.of(fields);
        }
      }
    }
    return Optional.empty();
  }

  private static boolean is(String address, int port) {
    return address.endsWith("%08X:%04X".formatted(LOCALHOST, port));
  }

  @Override
  public void close() throws IOException {
    socket.close();
    listening.close();
  }
}
