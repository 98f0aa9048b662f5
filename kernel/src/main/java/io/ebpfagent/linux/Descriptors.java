// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static io.ebpfagent.linux.NativeFunction.address;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** What is done with file descriptors. Negative results are errno values. */
public final class Descriptors {
  // fcntl.h
  static final int O_CLOEXEC = 0x80000;
  private static final int O_DIRECTORY = 0x10000;
  private static final int O_DIRECTORY_ARM64 = 0x4000;
  private static final int F_DUPFD_CLOEXEC = 1030;

  /** Behind stdin, stdout and stderr. */
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

  /** Opens a directory for reading. */
  public static int openDirectory(String path) {
    return open(path, isArm64() ? O_DIRECTORY_ARM64 : O_DIRECTORY);
  }

  /** Opens a file for reading. */
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

  /** A second descriptor for what one stands for. */
  public static int duplicate(int fd) {
    return FCNTL.intOrErrno(fd, F_DUPFD_CLOEXEC, LOWEST);
  }

  /** Sets or gets something; see fcntl(2). */
  static int control(int fd, int operation, int argument) {
    return FCNTL.intOrErrno(fd, operation, argument);
  }

  /** Reads up to the buffer's size: how many bytes. */
  static long read(int fd, MemorySegment buffer) {
    return READ.longOrErrno(fd, address(buffer), buffer.byteSize());
  }

  /** Closes it; it is gone even where that reports an error. */
  public static void close(int fd) {
    CLOSE.asInt(fd);
  }
}
