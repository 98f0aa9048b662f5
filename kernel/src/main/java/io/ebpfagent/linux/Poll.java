// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Waits until any of some descriptors is readable. One thread waits; any thread may wake it, and it
 * is that thread's business to end before this is closed.
 */
public final class Poll implements AutoCloseable {
  // struct pollfd of poll.h: 0 int fd | 4 short events | 6 short revents
  private static final int POLLFD_BYTES = 8;
  private static final int EVENTS = 4;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment pollfds;
  private final MemorySegment scratch;
  private final int count;
  private final Object lock = new Object();
  private final int event;
  private boolean closed;

  /**
   * The descriptors must stay open as long as this.
   *
   * @throws KernelException when the process has no descriptor left
   */
  public Poll(int... fds) throws KernelException {
    event = Libc.Descriptors.event();
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
    pollfds.set(ValueLayout.JAVA_SHORT, at + EVENTS, Libc.POLLIN);
  }

  /**
   * Waits for something to read, a {@link #wake} or the time; also returns for no reason.
   *
   * @param timeoutMillis below 0 for ever
   * @return whether something happened before the time was over
   */
  public boolean await(int timeoutMillis) {
    // EINTR and the like: the caller looks and comes back.
    boolean happened = Libc.Descriptors.poll(pollfds, count, timeoutMillis) != 0;
    Libc.Descriptors.clear(event, scratch);
    return happened;
  }

  /** Ends a wait, or the next one when there is none. */
  public void wake() {
    synchronized (lock) {
      if (!closed) {
        Libc.Descriptors.signal(event);
      }
    }
  }

  @Override
  public void close() {
    synchronized (lock) {
      if (!closed) {
        closed = true;
        arena.close();
        Libc.Descriptors.close(event);
      }
    }
  }
}
