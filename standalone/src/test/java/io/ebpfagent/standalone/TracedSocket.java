// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** A TCP socket whose cookie is known before it connects; the JDK's sockets don't tell theirs. */
final class TracedSocket implements AutoCloseable {
  // linux/socket.h, asm-generic/socket.h
  private static final int AF_INET = 2;
  private static final int SOCK_STREAM = 1;
  private static final int SOCK_NONBLOCK = 04000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_COOKIE = 57;
  private static final int EINPROGRESS = 115;

  private static final byte[] LOOPBACK = {127, 0, 0, 1};

  private final long fd = Syscall.SOCKET.demand(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

  long cookie() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cookie = arena.allocate(JAVA_LONG);
      MemorySegment length = arena.allocateFrom(JAVA_INT, Long.BYTES);
      Syscall.GETSOCKOPT.demand(fd, SOL_SOCKET, SO_COOKIE, cookie.address(), length.address());
      return cookie.get(JAVA_LONG, 0);
    }
  }

  /** Sends the first packet of a connection, and doesn't wait for the response. */
  void beginToConnect(int port) {
    try (Arena arena = Arena.ofConfined()) {
      // struct sockaddr_in: the family in host order, port and address in network order, 8 unused
      // bytes.
      MemorySegment address = arena.allocate(16);
      address.set(JAVA_BYTE, 0, (byte) AF_INET);
      address
          .asSlice(2)
          .copyFrom(MemorySegment.ofArray(ByteBuffer.allocate(2).putShort((short) port).array()));
      address.asSlice(4).copyFrom(MemorySegment.ofArray(LOOPBACK));
      long result = Syscall.CONNECT.call(fd, address.address(), address.byteSize());
      if (result != -EINPROGRESS) {
        throw new AssertionError("CONNECT: " + result);
      }
    }
  }

  @Override
  public void close() {
    Syscall.CLOSE.demand(fd);
  }
}
