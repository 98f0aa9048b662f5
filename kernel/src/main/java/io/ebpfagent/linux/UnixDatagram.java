// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static io.ebpfagent.linux.NativeFunction.address;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Sends messages to an AF_UNIX datagram socket; the JDK only supports streams. */
public final class UnixDatagram {
  private static final int MAX_ADDRESS_BYTES = 107;
  // sys/socket.h
  static final int AF_UNIX = 1;
  static final int SOCK_DGRAM = 2;
  static final int SOCK_CLOEXEC = 0x80000;
  static final int MSG_NOSIGNAL = 0x4000;

  // int socket(int domain, int type, int protocol)
  private static final NativeFunction SOCKET = NativeFunction.libc("socket");
  // ssize_t sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *addr,
  // socklen_t addr_len)
  private static final NativeFunction SENDTO = NativeFunction.libc("sendto");

  private UnixDatagram() {}

  /**
   * Sends one datagram.
   *
   * @param address a path, or {@code @NAME} for a name in the abstract namespace
   * @throws IOException when nobody listens there, or the address is invalid
   */
  public static void send(String address, String message) throws IOException {
    byte[] name = address.getBytes(UTF_8);
    boolean isAbstract = address.startsWith("@");
    if (name.length == 0 || name.length > MAX_ADDRESS_BYTES || !(isAbstract || name[0] == '/')) {
      throw new IOException("not the address of a Unix socket: " + address);
    }
    if (isAbstract) {
      name[0] = 0;
    }
    try (Arena arena = Arena.ofConfined()) {
      // struct sockaddr_un: 0 u16 family | 2 char path[108], here as long as the name
      MemorySegment to = arena.allocate(2L + name.length, 2);
      to.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
      MemorySegment.copy(name, 0, to, ValueLayout.JAVA_BYTE, 2, name.length);
      MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, message.getBytes(UTF_8));
      int socket = SOCKET.intOrErrno(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      long result = socket;
      if (socket >= 0) {
        result =
            SENDTO.longOrErrno(
                socket, address(bytes), bytes.byteSize(), MSG_NOSIGNAL, address(to), to.byteSize());
        Descriptors.close(socket);
      }
      if (result < 0) {
        throw new IOException("send to " + address + ": " + Errno.name((int) -result));
      }
    }
  }
}
