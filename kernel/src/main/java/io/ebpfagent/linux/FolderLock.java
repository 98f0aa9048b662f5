// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A folder that one process at a time has for itself; free again when the process ends, however it
 * does. The JDK locks files only.
 */
public final class FolderLock implements AutoCloseable {
  private static final int O_RDONLY_DIRECTORY_CLOEXEC =
      (System.getProperty("os.arch").equals("amd64") ? 0x10000 : 0x4000) | 0x80000;
  private static final int LOCK_EX_NB = 2 | 4;

  private final int fd;
  private boolean closed;

  private FolderLock(int fd) {
    this.fd = fd;
  }

  /**
   * Takes the lock; empty when another process has it.
   *
   * @throws IOException when there is no such folder, or it can't be read
   */
  public static Optional<FolderLock> tryLock(Path folder) throws IOException {
    // int open(const char *pathname, int flags, ... /* mode_t mode */)
    MethodHandle open =
        Libc.linkCapturing(
            "open",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
            Linker.Option.firstVariadicArg(2));
    // int flock(int fd, int operation)
    MethodHandle flock =
        Libc.linkCapturing("flock", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom(folder.toString());
      int fd =
          (int)
              Libc.capture(
                  state -> (int) open.invokeExact(state, path, O_RDONLY_DIRECTORY_CLOEXEC, 0));
      if (fd < 0) {
        throw new IOException("open " + folder + ": " + Errno.name(-fd));
      }
      long result = Libc.capture(state -> (int) flock.invokeExact(state, fd, LOCK_EX_NB));
      if (result == 0) {
        return Optional.of(new FolderLock(fd));
      }
      Libc.Descriptors.close(fd);
      if (result == -Errno.EAGAIN) {
        return Optional.empty();
      }
      throw new IOException("lock " + folder + ": " + Errno.name((int) -result));
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      Libc.Descriptors.close(fd);
    }
  }
}
