// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static io.ebpfagent.linux.NativeFunction.address;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * Reads the kernel's events about cgroups that are made or removed, by fanotify on the whole
 * cgroup2 file system (Linux 6.6). The event of a new cgroup has no id, because the kernel assigns
 * the id later.
 *
 * <pre>
 * an event        0 u32 length   5 u8 its header's length is at 6   8 u64 mask   16 int fd   20 pid
 * then its parts  0 u8 type   2 u16 length   4 u64 filesystem   12 u32 handle's bytes
 *                 16 int handle's type   20 the handle: the cgroup's id   28 a name ends with NUL
 *                 (DFID_NAME: the parent, and the cgroup's name; FID: the removed cgroup itself)
 * </pre>
 *
 * <p>The kernel queues at most fs.fanotify.max_queued_events, 16384 by default. One thread waits,
 * and one at a time drains. Closing waits for both.
 */
public final class CgroupEvents implements AutoCloseable {
  // fanotify.h: FAN_CLASS_NOTIF is 0
  private static final int FAN_CLOEXEC = 0x1;
  private static final int FAN_NONBLOCK = 0x2;
  private static final int FAN_REPORT_DFID_NAME_TARGET = 0x1e00;
  private static final int FAN_MARK_ADD = 0x1;
  private static final int FAN_MARK_ONLYDIR = 0x8;
  private static final int FAN_MARK_FILESYSTEM = 0x100;
  private static final long FAN_CREATE = 0x100;
  private static final long FAN_DELETE = 0x200;
  private static final long FAN_Q_OVERFLOW = 0x4000;
  private static final long FAN_ONDIR = 0x4000_0000;
  private static final int FAN_EVENT_INFO_TYPE_FID = 1;
  private static final int FAN_EVENT_INFO_TYPE_DFID_NAME = 2;

  // fcntl.h
  private static final int AT_FDCWD = -100;

  // int fanotify_init(unsigned int flags, unsigned int event_f_flags)
  private static final NativeFunction FANOTIFY_INIT = NativeFunction.libc("fanotify_init");
  // int fanotify_mark(int fanotify_fd, unsigned int flags, uint64_t mask, int dirfd, const char
  // *pathname)
  private static final NativeFunction FANOTIFY_MARK = NativeFunction.libc("fanotify_mark");

  private static final int METADATA_LENGTH = 6;
  private static final int MASK = 8;
  private static final int INFO_LENGTH = 2;
  private static final int INFO_HANDLE_BYTES = 12;
  private static final int INFO_HANDLE = 20;
  private static final int ID_BYTES = 8;

  private static final int BUFFER_BYTES = 64 * 1024;

  // The size of an event is a multiple of 4 bytes, so 64-bit fields may be unaligned.
  private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED;

  /** Receives the events in order. */
  public interface Consumer {
    /**
     * A cgroup was made. It may be gone already, or replaced by another of the same name.
     *
     * @param parent the parent's id
     * @param name its last path element
     */
    void made(long parent, String name);

    /** A cgroup was removed. */
    void removed(long parent, String name, long id);

    /** Events were lost: a listing is needed to find out what exists. */
    void missed();
  }

  private final int fd;
  private final Poll poll;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment buffer = arena.allocate(BUFFER_BYTES, 8);
  private final Object waiting = new Object();
  private final Object draining = new Object();
  private volatile boolean closed;

  private CgroupEvents(int fd, Poll poll) {
    this.fd = fd;
    this.poll = poll;
  }

  /**
   * Starts to listen; events from now on are queued until they are drained.
   *
   * @throws KernelException when the kernel or this process's capabilities don't allow it
   */
  public static CgroupEvents open(Path mount) throws KernelException {
    String operation = "watch the cgroups below " + mount;
    int fd =
        FANOTIFY_INIT.intOrErrno(
            FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_DFID_NAME_TARGET, Descriptors.O_CLOEXEC);
    if (fd < 0) {
      throw new KernelException(operation, -fd, hint(-fd));
    }
    int result;
    try (Arena arena = Arena.ofConfined()) {
      result =
          FANOTIFY_MARK.intOrErrno(
              fd,
              FAN_MARK_ADD | FAN_MARK_ONLYDIR | FAN_MARK_FILESYSTEM,
              FAN_CREATE | FAN_DELETE | FAN_ONDIR,
              AT_FDCWD,
              address(arena.allocateFrom(mount.toString())));
    }
    if (result < 0) {
      Descriptors.close(fd);
      throw new KernelException(operation, -result, hint(-result));
    }
    try {
      return new CgroupEvents(fd, new Poll(fd));
    } catch (KernelException | RuntimeException e) {
      Descriptors.close(fd);
      throw e;
    }
  }

  private static String hint(int errno) {
    return switch (errno) {
      case Errno.EPERM -> Privileges.hint("CAP_SYS_ADMIN");
      case Errno.ENODEV, Errno.EINVAL, Errno.EOPNOTSUPP -> "needs Linux 6.6";
      default -> "";
    };
  }

  /**
   * Waits until there may be events. Only one thread may call this.
   *
   * @return false when this is closed
   */
  public boolean await() {
    synchronized (waiting) {
      if (!closed) {
        poll.await(-1);
      }
      return !closed;
    }
  }

  /** Passes the queued events to {@code to}. */
  public void drain(Consumer to) {
    synchronized (draining) {
      while (!closed) {
        long length = Descriptors.read(fd, buffer);
        if (length <= 0) {
          return; // EAGAIN: no more events
        }
        give(buffer.asSlice(0, length), to);
      }
    }
  }

  static void give(MemorySegment events, Consumer to) {
    long at = 0;
    while (at < events.byteSize()) {
      int length = events.get(U32, at);
      giveOne(events.asSlice(at, length), to);
      at += length;
    }
  }

  private static void giveOne(MemorySegment event, Consumer to) {
    long mask = event.get(U64, MASK);
    if ((mask & FAN_Q_OVERFLOW) != 0) {
      to.missed();
      return;
    }
    long parent = 0;
    long id = 0;
    String name = "";
    long at = u16(event, METADATA_LENGTH);
    while (at < event.byteSize()) {
      MemorySegment info = event.asSlice(at, u16(event, at + INFO_LENGTH));
      if (info.get(U32, INFO_HANDLE_BYTES) == ID_BYTES) {
        long handle = info.get(U64, INFO_HANDLE);
        int type = info.get(ValueLayout.JAVA_BYTE, 0);
        if (type == FAN_EVENT_INFO_TYPE_FID) {
          id = handle;
        } else if (type == FAN_EVENT_INFO_TYPE_DFID_NAME) {
          parent = handle;
          name = info.getString(INFO_HANDLE + ID_BYTES, UTF_8);
        }
      }
      at += info.byteSize();
    }
    if ((mask & FAN_ONDIR) == 0 || parent == 0) {
      return;
    }
    // The kernel may merge several events of one name.
    if ((mask & FAN_DELETE) != 0 && id != 0) {
      to.removed(parent, name, id);
    }
    if ((mask & FAN_CREATE) != 0) {
      to.made(parent, name);
    }
  }

  private static int u16(MemorySegment segment, long at) {
    return Short.toUnsignedInt(segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, at));
  }

  @Override
  public void close() {
    synchronized (draining) {
      if (closed) {
        return;
      }
      closed = true;
    }
    poll.wake();
    synchronized (waiting) {
      poll.close();
    }
    synchronized (draining) {
      Descriptors.close(fd);
      arena.close();
    }
  }
}
