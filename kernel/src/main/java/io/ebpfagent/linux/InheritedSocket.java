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
 * A listening TCP socket that the process inherited, as systemd passes them.
 *
 * @param fd its file descriptor
 */
public record InheritedSocket(int fd) {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  // sys/socket.h, fcntl.h
  private static final int AF_INET = 2;
  private static final int AF_INET6 = 10;
  private static final int SOL_SOCKET = 1;
  private static final int SO_ACCEPTCONN = 30;
  private static final int F_GETFL = 3;
  private static final int F_SETFL = 4;
  private static final int O_NONBLOCK = 0x800;

  // int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
  private static final NativeFunction GETSOCKNAME = NativeFunction.libc("getsockname");
  // int getsockopt(int fd, int level, int optname, void *optval, socklen_t *optlen)
  private static final NativeFunction GETSOCKOPT = NativeFunction.libc("getsockopt");
  // int dup3(int oldfd, int newfd, int flags)
  private static final NativeFunction DUP3 = NativeFunction.libc("dup3");

  /** Size of struct sockaddr_un, the largest address that is expected. */
  private static final int SOCKADDR_BYTES = 110;

  private static final ValueLayout.OfShort PORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /**
   * Returns the address on which the socket listens.
   *
   * @throws IOException when the descriptor is not such a socket; the message says what it is
   */
  public InetSocketAddress address() throws IOException {
    InetSocketAddress address = addressOf(fd);
    if (!listens(fd)) {
      throw new IOException("descriptor " + fd + " is a socket that does not listen");
    }
    return address;
  }

  /**
   * Replaces a listening socket of this process by this one, and closes the replaced socket. Its
   * owner must not have waited for a connection yet.
   *
   * @param placeholder the address of the socket to replace
   * @throws IOException when there is no such socket; then nothing has changed
   */
  public void replaceListenerAt(InetSocketAddress placeholder) throws IOException {
    int replaced = listener(placeholder.getPort());
    // systemd passes a blocking socket, but a thread that waits for many sockets must not block in
    // accept.
    int flags = check(Descriptors.control(fd, F_GETFL, 0));
    check(Descriptors.control(fd, F_SETFL, flags | O_NONBLOCK));
    check(DUP3.intOrErrno(fd, replaced, Descriptors.O_CLOEXEC));
    Descriptors.close(fd);
  }

  private int check(int result) throws IOException {
    if (result < 0) {
      throw new IOException("descriptor " + fd + ": " + Errno.name(-result));
    }
    return result;
  }

  private static boolean listens(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, (int) value.byteSize());
      int result =
          GETSOCKOPT.intOrErrno(
              fd,
              SOL_SOCKET,
              SO_ACCEPTCONN,
              NativeFunction.address(value),
              NativeFunction.address(length));
      return result == 0 && value.get(ValueLayout.JAVA_INT, 0) != 0;
    }
  }

  private static int listener(int port) throws IOException {
    for (int candidate : sockets()) {
      if (listens(candidate) && addressOf(candidate).getPort() == port) {
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
          && addressOf(Integer.parseInt(link.getFileName().toString())).getPort() > 0;
    } catch (IOException e) {
      // The descriptor was closed since, or is a socket of another kind.
      return false;
    }
  }

  private static InetSocketAddress addressOf(int fd) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(SOCKADDR_BYTES, 4);
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, SOCKADDR_BYTES);
      int result =
          GETSOCKNAME.intOrErrno(
              fd, NativeFunction.address(address), NativeFunction.address(length));
      if (result < 0) {
        throw new IOException("descriptor " + fd + " is no socket: " + Errno.name(-result));
      }
      // struct sockaddr_in: 0 u16 family | 2 be16 port | 4 u8 addr[4]
      // struct sockaddr_in6: 0 u16 family | 2 be16 port | 4 u32 flowinfo | 8 u8 addr[16]
      return switch (address.get(ValueLayout.JAVA_SHORT, 0)) {
        case AF_INET -> inet(address, 4, 4);
        case AF_INET6 -> inet(address, 8, 16);
        case UnixDatagram.AF_UNIX ->
            throw new IOException("descriptor " + fd + " is a Unix socket; a TCP one is needed");
        default -> throw new IOException("descriptor " + fd + " is no TCP socket");
      };
    }
  }

  private static InetSocketAddress inet(MemorySegment address, int offset, int bytes)
      throws IOException {
    byte[] host = address.asSlice(offset, bytes).toArray(ValueLayout.JAVA_BYTE);
    return new InetSocketAddress(
        InetAddress.getByAddress(host), Short.toUnsignedInt(address.get(PORT, 2)));
  }
}
