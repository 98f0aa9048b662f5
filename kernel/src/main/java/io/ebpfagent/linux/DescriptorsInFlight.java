// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static io.ebpfagent.linux.NativeFunction.address;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Keeps what descriptors stand for until this is closed, or the process ends, so that nobody waits
 * for its end. To take a uprobe back, the kernel waits a tenth of a second, one uprobe after the
 * other, in the thread that closes its last descriptor. That is also how a process ends.
 *
 * <p>So duplicates are put in flight to nobody: into a message that waits in a socket which the
 * message alone refers to, once it is closed here. From Linux 6.9 on the kernel collects such
 * sockets in a thread of its own. Before that nothing is won.
 */
public final class DescriptorsInFlight implements AutoCloseable {
  private static final Path OWN_INFO = Path.of("/proc/self/fdinfo");

  // sys/socket.h
  private static final int SOCK_NONBLOCK = 0x800;
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;

  /** More don't go into a message (SCM_MAX_FD), and one of them is the socket. */
  private static final int MOST = 252;

  // struct msghdr: 16 struct iovec *iov | 24 size_t iovlen | 32 void *control
  // 40 size_t controllen
  private static final long HEADER_BYTES = 56;
  // struct cmsghdr: 0 size_t len | 8 int level | 12 int type | 16 data
  private static final long CONTROL_BYTES = 16;

  // int socketpair(int domain, int type, int protocol, int sv[2])
  private static final NativeFunction SOCKETPAIR = NativeFunction.libc("socketpair");
  // ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
  private static final NativeFunction SENDMSG = NativeFunction.libc("sendmsg");

  private final List<Integer> sockets = new ArrayList<>();

  private DescriptorsInFlight() {}

  /** Of all links of this process to uprobes and perf events. Where that fails there are none. */
  public static DescriptorsInFlight ofSlowLinks() {
    DescriptorsInFlight kept = new DescriptorsInFlight();
    try {
      List<Integer> links = slowLinks();
      for (int i = 0; i < links.size(); i += MOST) {
        kept.send(links.subList(i, Math.min(links.size(), i + MOST)));
      }
    } catch (IOException | RuntimeException | Error e) {
      // Whoever closes them waits then.
    }
    return kept;
  }

  private static List<Integer> slowLinks() throws IOException {
    try (Stream<Path> all = Files.list(Descriptors.OWN)) {
      return all.map(file -> file.getFileName().toString())
          .filter(DescriptorsInFlight::isSlowLink)
          .map(Integer::valueOf)
          .toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static boolean isSlowLink(String fd) {
    try {
      return Files.readSymbolicLink(Descriptors.OWN.resolve(fd))
              .toString()
              .matches("anon_inode:bpf[_-]link")
          && Files.readString(OWN_INFO.resolve(fd))
              .lines()
              .anyMatch(line -> line.matches("link_type:\\s*(perf|uprobe_multi).*"));
    } catch (IOException e) {
      // It was closed meanwhile.
      return false;
    }
  }

  private void send(List<Integer> links) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pair = arena.allocate(JAVA_INT, 2);
      int type = UnixDatagram.SOCK_DGRAM | UnixDatagram.SOCK_CLOEXEC | SOCK_NONBLOCK;
      if (SOCKETPAIR.intOrErrno(UnixDatagram.AF_UNIX, type, 0, address(pair)) < 0) {
        return;
      }
      int sender = pair.getAtIndex(JAVA_INT, 0);
      int receiver = pair.getAtIndex(JAVA_INT, 1);
      sockets.add(sender);
      sockets.add(receiver);
      MemorySegment control =
          arena.allocate(CONTROL_BYTES + (links.size() + 2L) / 2 * JAVA_LONG.byteSize(), 8);
      control.set(JAVA_LONG, 0, CONTROL_BYTES + (links.size() + 1) * JAVA_INT.byteSize());
      control.set(JAVA_INT, 8, SOL_SOCKET);
      control.set(JAVA_INT, 12, SCM_RIGHTS);
      control.set(JAVA_INT, CONTROL_BYTES, receiver);
      for (int i = 0; i < links.size(); i++) {
        control.set(JAVA_INT, CONTROL_BYTES + (i + 1) * JAVA_INT.byteSize(), links.get(i));
      }
      // struct iovec: 0 void *base | 8 size_t len
      MemorySegment text = arena.allocate(1);
      MemorySegment vector = arena.allocate(16, 8);
      vector.set(JAVA_LONG, 0, address(text));
      vector.set(JAVA_LONG, 8, text.byteSize());
      MemorySegment header = arena.allocate(HEADER_BYTES, 8);
      header.set(JAVA_LONG, 16, address(vector));
      header.set(JAVA_LONG, 24, 1);
      header.set(JAVA_LONG, 32, address(control));
      header.set(JAVA_LONG, 40, control.byteSize());
      // Without it the sockets are empty, and closed with the others.
      SENDMSG.longOrErrno(sender, address(header), UnixDatagram.MSG_NOSIGNAL);
    }
  }

  /** Leaves them to the kernel: for when all other descriptors are closed. */
  @Override
  public void close() {
    sockets.forEach(Descriptors::close);
    sockets.clear();
  }
}
