// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A TCP socket that listens already and came with the process, as systemd passes them.
 *
 * @param fd its descriptor
 */
public record InheritedSocket(int fd) {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  /** As large as struct sockaddr_un, the largest there is. */
  private static final int SOCKADDR_BYTES = 110;

  private static final ValueLayout.OfShort PORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /**
   * Where it listens.
   *
   * @throws IOException when the descriptor is no such socket, with what it is instead
   */
  public InetSocketAddress address() throws IOException {
    InetSocketAddress address = address(fd);
    if (!Sockets.listens(fd)) {
      throw new IOException("descriptor " + fd + " is a socket that does not listen");
    }
    return address;
  }

  /**
   * Puts it in the place of a listening socket of this process, whose own one is closed. The owner
   * must not have waited for a connection yet.
   *
   * @param placeholder the address of the socket to replace, of which there is one
   * @throws IOException when there is no such socket; then nothing has changed
   */
  public void replaceListenerAt(InetSocketAddress placeholder) throws IOException {
    int replaced = listener(placeholder.getPort());
    // It blocks as systemd passes it, and who waits for many sockets must not wait in accept.
    check(Sockets.setNonBlocking(fd));
    check(Sockets.replace(replaced, fd));
    Libc.Descriptors.close(fd);
  }

  private void check(int result) throws IOException {
    if (result < 0) {
      throw new IOException("descriptor " + fd + ": " + Errno.name(-result));
    }
  }

  private static int listener(int port) throws IOException {
    for (int candidate : sockets()) {
      if (Sockets.listens(candidate) && address(candidate).getPort() == port) {
        return candidate;
      }
    }
    throw new IOException("no socket of this process listens on port " + port);
  }

  private static List<Integer> sockets() throws IOException {
    try (Stream<Path> links = Files.list(DESCRIPTORS)) {
      return links
          .filter(InheritedSocket::isInternetSocket)
          .map(link -> Integer.valueOf(link.getFileName().toString()))
          .toList();
    }
  }

  private static boolean isInternetSocket(Path link) {
    try {
      return Files.readSymbolicLink(link).toString().startsWith("socket:")
          && address(Integer.parseInt(link.getFileName().toString())).getPort() > 0;
    } catch (IOException e) {
      // Closed since, or a socket of another kind.
      return false;
    }
  }

  private static InetSocketAddress address(int fd) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(SOCKADDR_BYTES, 4);
      int result = Sockets.name(fd, address);
      if (result < 0) {
        throw new IOException("descriptor " + fd + " is no socket: " + Errno.name(-result));
      }
      // struct sockaddr_in: 0 u16 family | 2 be16 port | 4 u8 addr[4]
      // struct sockaddr_in6: 0 u16 family | 2 be16 port | 4 u32 flowinfo | 8 u8 addr[16]
      return switch (address.get(ValueLayout.JAVA_SHORT, 0)) {
        case Sockets.AF_INET -> address(address, 4, 4);
        case Sockets.AF_INET6 -> address(address, 8, 16);
        case Sockets.AF_UNIX ->
            throw new IOException("descriptor " + fd + " is a Unix socket; a TCP one is needed");
        default -> throw new IOException("descriptor " + fd + " is no TCP socket");
      };
    }
  }

  private static InetSocketAddress address(MemorySegment address, int offset, int bytes)
      throws IOException {
    byte[] host = address.asSlice(offset, bytes).toArray(ValueLayout.JAVA_BYTE);
    return new InetSocketAddress(
        InetAddress.getByAddress(host), Short.toUnsignedInt(address.get(PORT, 2)));
  }
}
