// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.pin;

import io.ebpfagent.linux.FolderLock;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;

/** Finds or makes a folder of a BPF file system, for this process alone. */
final class PinPlace {
  private static final int TRIES = 10;

  /**
   * A folder that is ours.
   *
   * @param made whether it was made here, and goes again if it can't be used
   */
  record Taken(FolderLock lock, boolean made) {}

  private PinPlace() {}

  /**
   * Makes the folder unless it exists, and locks it.
   *
   * @throws IOException when others could write there, or another process has it; the message says
   *     what to do
   */
  static Taken take(Path dir) throws IOException {
    requireBpfFileSystem(dir);
    // The owner of the lock may remove the folder while we wait; then it has to be made again.
    for (int i = 0; i < TRIES; i++) {
      boolean made = Files.notExists(dir, LinkOption.NOFOLLOW_LINKS) && makeUnlessThere(dir);
      Optional<FolderLock> lock = lockUnlessGone(dir);
      if (lock.isPresent()) {
        return new Taken(lock.get(), made);
      }
    }
    throw new IOException(dir + " is made and removed again and again by others");
  }

  private static boolean makeUnlessThere(Path dir) throws IOException {
    try {
      Files.createDirectory(
          dir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      return true;
    } catch (FileAlreadyExistsException e) {
      // Another process was faster; the checks that follow show whether the folder is ours.
      return false;
    }
  }

  private static Optional<FolderLock> lockUnlessGone(Path dir) throws IOException {
    Optional<FolderLock> lock = Optional.empty();
    boolean taken = false;
    try {
      requireOursAlone(dir);
      lock = FolderLock.tryLock(dir);
      // Checked again after locking: until then, others may have replaced the folder.
      requireOursAlone(dir);
      if (lock.isEmpty()) {
        throw new IOException(dir + ": another exporter pins its maps there");
      }
      taken = true;
      return lock;
    } catch (IOException e) {
      if (Files.notExists(dir, LinkOption.NOFOLLOW_LINKS)) {
        return Optional.empty();
      }
      throw e;
    } finally {
      if (!taken) {
        lock.ifPresent(FolderLock::close);
      }
    }
  }

  private static void requireBpfFileSystem(Path dir) throws IOException {
    for (Path each = dir; each.getParent() != null; each = each.getParent()) {
      String name = each.getFileName().toString();
      if (name.contains(".") && isInBpfFileSystem(each.getParent())) {
        throw new IOException(
            dir + ": a BPF file system takes no names with a dot, such as " + name);
      }
    }
    Path existing = dir;
    while (existing != null && Files.notExists(existing)) {
      existing = existing.getParent();
    }
    if (existing == null || !isInBpfFileSystem(existing)) {
      throw new IOException(
          dir + " is in no BPF file system: mount -t bpf bpf /sys/fs/bpf, and take a folder there");
    }
    Path parent = dir.getParent();
    if (parent == null || Files.notExists(parent)) {
      throw new IOException(dir + ": there is no folder " + parent);
    }
  }

  private static boolean isInBpfFileSystem(Path path) {
    try {
      return Files.getFileStore(path).type().equals("bpf");
    } catch (IOException e) {
      // The path is on no mount: this process's root is below a mount of another process.
      return false;
    }
  }

  private static void requireOursAlone(Path dir) throws IOException {
    if (!Files.isDirectory(dir, LinkOption.NOFOLLOW_LINKS)
        && Files.exists(dir, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(dir + " is no folder");
    }
    Set<PosixFilePermission> permissions =
        Files.getPosixFilePermissions(dir, LinkOption.NOFOLLOW_LINKS);
    if (permissions.contains(PosixFilePermission.GROUP_WRITE)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException(
          "%s: others may write there (%s), which would let them pass off maps as ours"
              .formatted(dir, PosixFilePermissions.toString(permissions)));
    }
    Object owner = Files.getAttribute(dir, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    if (!owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
      throw new IOException(dir + " belongs to another user, " + Files.getOwner(dir).getName());
    }
  }
}
