// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Messages to an AF_UNIX datagram socket, which the JDK has streams for only. */
public final class UnixDatagram {
  private static final int MAX_ADDRESS_BYTES = 107;

  private UnixDatagram() {}

  /**
   * Sends one datagram.
   *
   * @param address a path, or {@code @NAME} for a name in the abstract namespace
   * @throws IOException when nobody listens there, or the address is none
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
      to.set(ValueLayout.JAVA_SHORT, 0, (short) Sockets.AF_UNIX);
      MemorySegment.copy(name, 0, to, ValueLayout.JAVA_BYTE, 2, name.length);
      MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, message.getBytes(UTF_8));
      int socket = Sockets.unixDatagram();
      long result = socket < 0 ? socket : Sockets.sendTo(socket, bytes, to);
      if (socket >= 0) {
        Libc.Descriptors.close(socket);
      }
      if (result < 0) {
        throw new IOException("send to " + address + ": " + Errno.name((int) -result));
      }
    }
  }
}
