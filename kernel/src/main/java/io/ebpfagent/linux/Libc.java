// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * The C library's functions as method handles, each with its C prototype. A nested class is linked
 * on first use. Those that fail answer with a negative errno, as libbpf's do.
 */
public final class Libc {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
  private static final VarHandle ERRNO =
      Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

  // sys/mman.h
  public static final int PROT_READ = 1;
  public static final int PROT_WRITE = 2;
  private static final int MAP_SHARED = 1;
  // poll.h
  static final short POLLIN = 1;
  // sys/eventfd.h
  private static final int EFD_CLOEXEC = 0x80000;
  private static final int EFD_NONBLOCK = 0x800;
  // fcntl.h
  private static final int F_DUPFD_CLOEXEC = 1030;

  private static final int LOWEST_FD = 3;

  private Libc() {}

  private static MethodHandle link(
      String function, FunctionDescriptor descriptor, Linker.Option... options) {
    return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(function), descriptor, options);
  }

  /** As {@link #link}; the handle's first parameter is the state for {@link #capture}. */
  static MethodHandle linkCapturing(
      String function, FunctionDescriptor descriptor, Linker.Option... options) {
    Linker.Option[] all = Arrays.copyOf(options, options.length + 1);
    all[options.length] = CAPTURE;
    return link(function, descriptor, all);
  }

  @FunctionalInterface
  interface CapturedCall {
    long call(MemorySegment state) throws Throwable;
  }

  /** The call's result, or its errno as a negative number where the result is -1. */
  static long capture(CapturedCall call) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      long result = call.call(state);
      return result == -1 ? -(int) ERRNO.get(state, 0L) : result;
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  private static IllegalStateException broken(Throwable cause) {
    return new IllegalStateException("call into libc failed: " + cause, cause);
  }

  /** Memory that is shared with the kernel. */
  public static final class Pages {
    // int getpagesize(void)
    private static final MethodHandle GETPAGESIZE =
        link("getpagesize", FunctionDescriptor.of(JAVA_INT));
    // void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
    private static final MethodHandle MMAP =
        link(
            "mmap",
            FunctionDescriptor.of(
                JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
            CAPTURE);
    // int munmap(void *addr, size_t length)
    private static final MethodHandle MUNMAP =
        link("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));

    private Pages() {}

    public static int size() {
      try {
        return (int) GETPAGESIZE.invokeExact();
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    /**
     * Maps part of a descriptor; the arena unmaps it when it closes.
     *
     * @throws KernelException when the kernel refuses
     */
    public static MemorySegment map(
        String operation, int fd, long offset, long bytes, int protection, Arena arena)
        throws KernelException {
      long address =
          capture(
              state ->
                  (long)
                      MMAP.invokeExact(
                          state, MemorySegment.NULL, bytes, protection, MAP_SHARED, fd, offset));
      if (address < 0) {
        throw new KernelException(operation, (int) -address, "");
      }
      // The memory is the arena's from here on: every access after its close fails in Java.
      return MemorySegment.ofAddress(address).reinterpret(bytes, arena, Pages::unmap);
    }

    private static void unmap(MemorySegment pages) {
      try {
        int result = (int) MUNMAP.invokeExact(pages, pages.byteSize());
        assert result == 0;
      } catch (Throwable e) {
        throw broken(e);
      }
    }
  }

  /** File descriptors. */
  public static final class Descriptors {
    // int poll(struct pollfd *fds, nfds_t nfds, int timeout)
    private static final MethodHandle POLL =
        link("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT), CAPTURE);
    // int eventfd(unsigned int initval, int flags)
    private static final MethodHandle EVENTFD =
        link("eventfd", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT), CAPTURE);
    // int eventfd_write(int fd, eventfd_t value)
    private static final MethodHandle EVENTFD_WRITE =
        link("eventfd_write", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    // int eventfd_read(int fd, eventfd_t *value)
    private static final MethodHandle EVENTFD_READ =
        link("eventfd_read", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    // int fcntl(int fd, int op, ... /* arg */)
    private static final MethodHandle FCNTL =
        link(
            "fcntl",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT),
            CAPTURE,
            Linker.Option.firstVariadicArg(2));
    // ssize_t read(int fd, void *buf, size_t count)
    private static final MethodHandle READ =
        link("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG), CAPTURE);
    // int close(int fd)
    private static final MethodHandle CLOSE =
        link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private Descriptors() {}

    /** Waits; {@code timeoutMillis} below 0 is for ever. */
    static int poll(MemorySegment pollfds, long count, int timeoutMillis) {
      return (int) capture(state -> (int) POLL.invokeExact(state, pollfds, count, timeoutMillis));
    }

    /** A descriptor that is readable once it was {@link #signal}led, until {@link #clear}. */
    static int event() {
      return (int)
          capture(state -> (int) EVENTFD.invokeExact(state, 0, EFD_CLOEXEC | EFD_NONBLOCK));
    }

    static void signal(int eventFd) {
      try {
        int result = (int) EVENTFD_WRITE.invokeExact(eventFd, 1L);
        assert result == 0;
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    /** Fails where nothing was signalled, which is as good. */
    static void clear(int eventFd, MemorySegment scratch) {
      try {
        int result = (int) EVENTFD_READ.invokeExact(eventFd, scratch);
        assert result <= 0;
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    /** Reads up to the buffer's size: how many bytes. */
    static long read(int fd, MemorySegment buffer) {
      return capture(state -> (long) READ.invokeExact(state, fd, buffer, buffer.byteSize()));
    }

    public static int duplicate(int fd) {
      return (int) capture(state -> (int) FCNTL.invokeExact(state, fd, F_DUPFD_CLOEXEC, LOWEST_FD));
    }

    public static void close(int fd) {
      try {
        int result = (int) CLOSE.invokeExact(fd);
        assert result == 0;
      } catch (Throwable e) {
        throw broken(e);
      }
    }
  }

  /** Directories, and what happens in them. */
  public static final class Directories {
    // fcntl.h
    private static final int AT_FDCWD = -100;
    private static final int O_DIRECTORY =
        System.getProperty("os.arch").equals("aarch64") ? 0x4000 : 0x10000;
    private static final int O_CLOEXEC = 0x80000;
    private static final int O_PATH = 0x200000;

    // int open(const char *path, int flags, ...)
    private static final MethodHandle OPEN =
        link(
            "open",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT),
            CAPTURE,
            Linker.Option.firstVariadicArg(2));
    // int open_by_handle_at(int mount_fd, struct file_handle *handle, int flags)
    private static final MethodHandle OPEN_BY_HANDLE_AT =
        link(
            "open_by_handle_at",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT),
            CAPTURE);
    // int fanotify_init(unsigned int flags, unsigned int event_f_flags)
    private static final MethodHandle FANOTIFY_INIT =
        link("fanotify_init", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT), CAPTURE);
    // int fanotify_mark(int fanotify_fd, unsigned int flags, uint64_t mask, int dirfd, const char
    // *pathname)
    private static final MethodHandle FANOTIFY_MARK =
        link(
            "fanotify_mark",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS),
            CAPTURE);

    private Directories() {}

    /** A descriptor of the directory at a path. */
    public static int open(String path) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment pathInC = arena.allocateFrom(path);
        return (int)
            capture(state -> (int) OPEN.invokeExact(state, pathInC, O_DIRECTORY | O_CLOEXEC));
      }
    }

    /** A descriptor that only names the directory with this handle. */
    static int openHandle(int mountFd, MemorySegment handle) {
      return (int)
          capture(
              state ->
                  (int) OPEN_BY_HANDLE_AT.invokeExact(state, mountFd, handle, O_PATH | O_CLOEXEC));
    }

    static int fanotify(int flags) {
      return (int) capture(state -> (int) FANOTIFY_INIT.invokeExact(state, flags, O_CLOEXEC));
    }

    static int mark(int fanotifyFd, int flags, long mask, String path) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment pathInC = arena.allocateFrom(path);
        return (int)
            capture(
                state ->
                    (int)
                        FANOTIFY_MARK.invokeExact(
                            state, fanotifyFd, flags, mask, AT_FDCWD, pathInC));
      }
    }
  }

  /** Perf events, which the C library has no function for. */
  static final class Perf {
    private static final long PERF_FLAG_FD_CLOEXEC = 8;
    private static final int ALL_PROCESSES = -1;
    private static final int NO_GROUP = -1;

    // int perf_event_open(struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd, unsigned
    // long flags), as long syscall(long number, ...)
    private static final MethodHandle SYSCALL =
        link(
            "syscall",
            FunctionDescriptor.of(
                JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG),
            Linker.Option.firstVariadicArg(1),
            CAPTURE);
    private static final long PERF_EVENT_OPEN =
        System.getProperty("os.arch").equals("amd64") ? 298 : 241; // asm/unistd.h; asm-generic's

    private Perf() {}

    /** Opens an event of all processes on one CPU: a descriptor. */
    static int open(MemorySegment attr, int cpu) {
      return (int)
          capture(
              state ->
                  (long)
                      SYSCALL.invokeExact(
                          state,
                          PERF_EVENT_OPEN,
                          attr,
                          ALL_PROCESSES,
                          cpu,
                          NO_GROUP,
                          PERF_FLAG_FD_CLOEXEC));
    }
  }

  /** Network interfaces. */
  public static final class Net {
    // unsigned int if_nametoindex(const char *ifname)
    private static final MethodHandle IF_NAMETOINDEX =
        link("if_nametoindex", FunctionDescriptor.of(JAVA_INT, ADDRESS));

    private Net() {}

    /** An interface's number in this network namespace; 0 when there is none of that name. */
    public static int interfaceIndex(String name) {
      try (Arena arena = Arena.ofConfined()) {
        return (int) IF_NAMETOINDEX.invokeExact(arena.allocateFrom(name));
      } catch (Throwable e) {
        throw broken(e);
      }
    }
  }
}
