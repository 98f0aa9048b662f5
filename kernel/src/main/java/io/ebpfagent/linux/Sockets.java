// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** The C library's functions for sockets, as {@link Libc} has others. */
final class Sockets {
  static final int AF_UNIX = 1;
  static final int AF_INET = 2;
  static final int AF_INET6 = 10;
  private static final int SOCK_DGRAM = 2;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int SOL_SOCKET = 1;
  private static final int SO_ACCEPTCONN = 30;
  private static final int MSG_NOSIGNAL = 0x4000;
  private static final int F_GETFL = 3;
  private static final int F_SETFL = 4;
  private static final int O_NONBLOCK = 0x800;
  private static final int O_CLOEXEC = 0x80000;

  // int socket(int domain, int type, int protocol)
  private static final MethodHandle SOCKET =
      link("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  // ssize_t sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *addr,
  // socklen_t addr_len)
  private static final MethodHandle SENDTO =
      link(
          "sendto",
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
  // int getsockname(int fd, struct sockaddr *addr, socklen_t *len)
  private static final MethodHandle GETSOCKNAME =
      link("getsockname", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  // int getsockopt(int fd, int level, int optname, void *optval, socklen_t *optlen)
  private static final MethodHandle GETSOCKOPT =
      link(
          "getsockopt",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  // int dup3(int oldfd, int newfd, int flags)
  private static final MethodHandle DUP3 =
      link("dup3", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  // int fcntl(int fd, int op, ... /* arg */)
  private static final MethodHandle FCNTL =
      link(
          "fcntl",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT),
          Linker.Option.firstVariadicArg(2));

  private Sockets() {}

  private static MethodHandle link(
      String function, FunctionDescriptor descriptor, Linker.Option... options) {
    return Libc.linkCapturing(function, descriptor, options);
  }

  static int unixDatagram() {
    return (int)
        Libc.capture(
            state -> (int) SOCKET.invokeExact(state, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  }

  /** How many bytes were sent, which are all, or a negative errno. */
  static long sendTo(int fd, MemorySegment message, MemorySegment address) {
    return Libc.capture(
        state ->
            (long)
                SENDTO.invokeExact(
                    state,
                    fd,
                    message,
                    message.byteSize(),
                    MSG_NOSIGNAL,
                    address,
                    (int) address.byteSize()));
  }

  /** Fills in the address that a socket is bound to; 0 or a negative errno. */
  static int name(int fd, MemorySegment address) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment length = arena.allocateFrom(JAVA_INT, (int) address.byteSize());
      return (int) Libc.capture(state -> (int) GETSOCKNAME.invokeExact(state, fd, address, length));
    }
  }

  static boolean listens(int fd) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_INT);
      MemorySegment length = arena.allocateFrom(JAVA_INT, (int) value.byteSize());
      long result =
          Libc.capture(
              state ->
                  (int)
                      GETSOCKOPT.invokeExact(state, fd, SOL_SOCKET, SO_ACCEPTCONN, value, length));
      return result == 0 && value.get(JAVA_INT, 0) != 0;
    }
  }

  /** Makes one descriptor stand for what another does, in one step; negative errno if not. */
  static int replace(int fd, int by) {
    return (int) Libc.capture(state -> (int) DUP3.invokeExact(state, by, fd, O_CLOEXEC));
  }

  static int setNonBlocking(int fd) {
    int flags = (int) Libc.capture(state -> (int) FCNTL.invokeExact(state, fd, F_GETFL, 0));
    return flags < 0
        ? flags
        : (int)
            Libc.capture(state -> (int) FCNTL.invokeExact(state, fd, F_SETFL, flags | O_NONBLOCK));
  }
}
