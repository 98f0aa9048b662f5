// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static io.ebpfagent.linux.NativeFunction.address;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Operations on file descriptors. Negative results are errno values. */
public final class Descriptors {
  // fcntl.h
  static final int O_CLOEXEC = 0x80000;
  private static final int O_DIRECTORY = 0x10000;
  private static final int O_DIRECTORY_ARM64 = 0x4000;
  private static final int F_DUPFD_CLOEXEC = 1030;

  // bits/resource.h
  private static final int RLIMIT_NOFILE = 7;
  static final Path OWN = Path.of("/proc/self/fd");

  /** The lowest number of a duplicate, after stdin, stdout and stderr. */
  private static final int LOWEST = 3;

  // int open(const char *path, int flags, ...)
  private static final NativeFunction OPEN = NativeFunction.libc("open");
  // int fcntl(int fd, int op, ...)
  private static final NativeFunction FCNTL = NativeFunction.libc("fcntl");
  // ssize_t read(int fd, void *buf, size_t count)
  private static final NativeFunction READ = NativeFunction.libc("read");
  // int close(int fd)
  private static final NativeFunction CLOSE = NativeFunction.libc("close");

  // int getrlimit(int resource, struct rlimit { rlim_t cur, max; } *rlim)
  private static final NativeFunction GETRLIMIT = NativeFunction.libc("getrlimit");

  private Descriptors() {}

  /** Returns how many this process may have open. */
  public static long limit() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limits = arena.allocate(JAVA_LONG, 2);
      int result = GETRLIMIT.intOrErrno(RLIMIT_NOFILE, address(limits));
      long limit = limits.get(JAVA_LONG, 0);
      // "No limit" is -1.
      return result < 0 || limit < 0 ? Long.MAX_VALUE : limit;
    }
  }

  /**
   * Returns how many this process has open.
   *
   * @throws IOException when it can't be found out, as when no more can be opened
   */
  public static long count() throws IOException {
    try (Stream<Path> all = Files.list(OWN)) {
      return all.count();
    }
  }

  /** Opens a directory for reading; returns its file descriptor. */
  public static int openDirectory(String path) {
    return open(path, isArm64() ? O_DIRECTORY_ARM64 : O_DIRECTORY);
  }

  /** Opens a file for reading; returns its file descriptor. */
  static int open(String path) {
    return open(path, 0);
  }

  private static int open(String path, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      return OPEN.intOrErrno(address(arena.allocateFrom(path)), flags | O_CLOEXEC);
    }
  }

  static boolean isArm64() {
    return "aarch64".equals(System.getProperty("os.arch"));
  }

  /** Returns a duplicate of a file descriptor. */
  public static int duplicate(int fd) {
    return FCNTL.intOrErrno(fd, F_DUPFD_CLOEXEC, LOWEST);
  }

  /** Gets or sets a property of a file descriptor; see fcntl(2). */
  static int control(int fd, int operation, int argument) {
    return FCNTL.intOrErrno(fd, operation, argument);
  }

  /** Reads up to the buffer's size; returns the number of bytes read. */
  static long read(int fd, MemorySegment buffer) {
    return READ.longOrErrno(fd, address(buffer), buffer.byteSize());
  }

  /** Closes a file descriptor. It is closed even if an error is reported. */
  public static void close(int fd) {
    CLOSE.asInt(fd);
  }
}
