// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Looks up the path of a cgroup by its id: a file handle of a cgroup's directory contains nothing
 * but the id. Thread-safe.
 */
public final class CgroupHandles implements AutoCloseable {
  // struct file_handle of fcntl.h: 0 u32 handle_bytes | 4 int handle_type | 8 the handle
  private static final int HANDLE_BYTES = 8;
  private static final int HANDLE_TYPE = 4;
  private static final int HANDLE_ID = 8;
  private static final int FILEID_KERNFS = 0xfe;

  private static final int O_PATH = 0x200000;

  // int open_by_handle_at(int mount_fd, struct file_handle *handle, int flags)
  private static final NativeFunction OPEN_BY_HANDLE_AT = NativeFunction.libc("open_by_handle_at");

  private static final String REMOVED = " (deleted)";

  private final Path mount;
  private int mountFd;

  private CgroupHandles(Path mount, int mountFd) {
    this.mount = mount;
    this.mountFd = mountFd;
  }

  /**
   * Opens the mount of cgroup2, and tests whether this process may open file handles.
   *
   * @throws KernelException when it may not
   */
  public static CgroupHandles open(Path mount) throws KernelException {
    String operation = "open cgroups below " + mount + " by their ids";
    int fd = Descriptors.openDirectory(mount.toString());
    if (fd < 0) {
      throw new KernelException(operation, -fd, "");
    }
    CgroupHandles handles = new CgroupHandles(mount, fd);
    // Id 1 is the root's. It doesn't matter whether that cgroup can be opened here; only EPERM
    // does.
    int root = handles.openDirectory(1);
    if (root < 0 && -root != Errno.ESTALE) {
      handles.close();
      String hint = -root == Errno.EPERM ? Privileges.hint("CAP_DAC_READ_SEARCH") : "";
      throw new KernelException(operation, -root, hint);
    }
    if (root >= 0) {
      Descriptors.close(root);
    }
    return handles;
  }

  /**
   * Returns the path of a cgroup below the mount; empty when there is none, or it may not be looked
   * up.
   */
  public synchronized Optional<Path> path(long id) {
    int fd = mountFd < 0 ? -1 : openDirectory(id);
    if (fd < 0) {
      return Optional.empty();
    }
    try {
      // Kept as a Path: in a locale that lacks its characters, its text could not be converted
      // back.
      Path path = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd));
      // Another process may see a larger part of the tree than our mount shows.
      boolean visible = path.startsWith(mount) && !path.toString().endsWith(REMOVED);
      return visible ? Optional.of(path) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } finally {
      Descriptors.close(fd);
    }
  }

  private int openDirectory(long id) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle = arena.allocate(HANDLE_ID + Long.BYTES, 8);
      handle.set(ValueLayout.JAVA_INT, 0, HANDLE_BYTES);
      handle.set(ValueLayout.JAVA_INT, HANDLE_TYPE, FILEID_KERNFS);
      handle.set(ValueLayout.JAVA_LONG, HANDLE_ID, id);
      return OPEN_BY_HANDLE_AT.intOrErrno(
          mountFd, NativeFunction.address(handle), O_PATH | Descriptors.O_CLOEXEC);
    }
  }

  @Override
  public synchronized void close() {
    if (mountFd >= 0) {
      Descriptors.close(mountFd);
      mountFd = -1;
    }
  }
}
