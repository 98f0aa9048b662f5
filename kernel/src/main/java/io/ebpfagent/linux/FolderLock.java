// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A lock on a folder, held by one process at a time and released when that process ends in any way.
 * The JDK can only lock files.
 */
public final class FolderLock implements AutoCloseable {
  private static final int LOCK_EX_NB = 2 | 4;

  // int flock(int fd, int operation)
  private static final NativeFunction FLOCK = NativeFunction.libc("flock");

  private final int fd;
  private boolean closed;

  private FolderLock(int fd) {
    this.fd = fd;
  }

  /**
   * Takes the lock; returns empty when another process has it or has removed the folder meanwhile.
   *
   * @throws IOException when there is no such folder, or it can't be read
   */
  public static Optional<FolderLock> tryLock(Path folder) throws IOException {
    int fd = Descriptors.openDirectory(folder.toString());
    if (fd < 0) {
      throw new IOException("open " + folder + ": " + Errno.name(-fd));
    }
    try {
      int result = FLOCK.intOrErrno(fd, LOCK_EX_NB);
      if (result < 0 && result != -Errno.EAGAIN) {
        throw new IOException("lock " + folder + ": " + Errno.name(-result));
      }
      if (result == 0 && isStill(folder, fd)) {
        FolderLock lock = new FolderLock(fd);
        fd = -1;
        return Optional.of(lock);
      }
      return Optional.empty();
    } finally {
      if (fd >= 0) {
        Descriptors.close(fd);
      }
    }
  }

  /**
   * Whether the path still denotes the locked folder: the previous owner of the lock may have
   * removed the folder before releasing the lock.
   */
  static boolean isStill(Path folder, int fd) throws IOException {
    return Files.exists(folder) && Files.isSameFile(Path.of("/proc/self/fd/" + fd), folder);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      Descriptors.close(fd);
    }
  }
}
