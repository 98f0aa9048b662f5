// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static io.ebpfagent.linux.NativeFunction.address;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Waits until one of several file descriptors is readable. One thread waits; any thread may wake it
 * or close this, which also ends the wait.
 */
public final class Poll implements AutoCloseable {
  // struct pollfd of poll.h: 0 int fd | 4 short events | 6 short revents
  private static final int POLLFD_BYTES = 8;
  private static final int EVENTS = 4;
  private static final short POLLIN = 1;
  // sys/eventfd.h
  private static final int EFD_CLOEXEC = 0x80000;
  private static final int EFD_NONBLOCK = 0x800;

  // int poll(struct pollfd *fds, nfds_t nfds, int timeout)
  private static final NativeFunction POLL = NativeFunction.libc("poll");
  // int eventfd(unsigned int initval, int flags)
  private static final NativeFunction EVENTFD = NativeFunction.libc("eventfd");
  // int eventfd_write(int fd, eventfd_t value)
  private static final NativeFunction EVENTFD_WRITE = NativeFunction.libc("eventfd_write");
  // int eventfd_read(int fd, eventfd_t *value)
  private static final NativeFunction EVENTFD_READ = NativeFunction.libc("eventfd_read");

  private final Arena arena = Arena.ofShared();
  private final MemorySegment pollfds;
  private final MemorySegment scratch;
  private final int count;
  private final Object lock = new Object();
  private final int event;
  private boolean waiting;
  private boolean closed;

  /**
   * Creates a poll. The descriptors must stay open as long as it, and until a wait that closing
   * ends has returned.
   *
   * @throws KernelException when the process has no file descriptor left
   */
  public Poll(int... fds) throws KernelException {
    event = EVENTFD.intOrErrno(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (event < 0) {
      arena.close();
      throw new KernelException("make an eventfd", -event, "");
    }
    count = fds.length + 1;
    pollfds = arena.allocate((long) count * POLLFD_BYTES, 8);
    scratch = arena.allocate(ValueLayout.JAVA_LONG);
    set(0, event);
    for (int i = 1; i < count; i++) {
      set(i, fds[i - 1]);
    }
  }

  private void set(int index, int fd) {
    long at = (long) index * POLLFD_BYTES;
    pollfds.set(ValueLayout.JAVA_INT, at, fd);
    pollfds.set(ValueLayout.JAVA_SHORT, at + EVENTS, POLLIN);
  }

  /**
   * Waits until there is something to read, {@link #wake} is called, or the timeout is over. May
   * return early without a reason; returns at once when this is closed.
   *
   * @param timeoutMillis in milliseconds; negative for no timeout
   * @return whether something happened before the timeout
   */
  public boolean await(int timeoutMillis) {
    synchronized (lock) {
      if (closed) {
        return true;
      }
      waiting = true;
    }
    // An error such as EINTR also returns to the caller, which looks for data and waits again.
    boolean happened = POLL.asInt(address(pollfds), count, timeoutMillis) != 0;
    synchronized (lock) {
      waiting = false;
      if (closed) {
        free();
      } else {
        // Fails when there was no wake-up, which doesn't matter.
        EVENTFD_READ.asInt(event, address(scratch));
      }
    }
    return happened;
  }

  /** Ends the current wait, or the next one when there is none. */
  public void wake() {
    synchronized (lock) {
      if (!closed) {
        signal();
      }
    }
  }

  private void signal() {
    EVENTFD_WRITE.asInt(event, 1);
  }

  @Override
  public void close() {
    synchronized (lock) {
      if (closed) {
        return;
      }
      closed = true;
      if (waiting) {
        // The kernel accesses our memory until the wait has ended.
        signal();
      } else {
        free();
      }
    }
  }

  private void free() {
    arena.close();
    Descriptors.close(event);
  }
}
