// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static io.ebpfagent.linux.NativeFunction.address;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Operations on file descriptors. Negative results are errno values. */
public final class Descriptors {
  // fcntl.h
  static final int O_CLOEXEC = 0x80000;
  private static final int O_DIRECTORY = 0x10000;
  private static final int O_DIRECTORY_ARM64 = 0x4000;
  private static final int F_DUPFD_CLOEXEC = 1030;

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

  private Descriptors() {}

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
