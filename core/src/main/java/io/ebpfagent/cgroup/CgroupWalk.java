// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Finds all cgroups by walking the tree: a cgroup's id is its directory's inode number. */
public final class CgroupWalk implements CgroupSource {
  private final Mounts mounts;

  /** Finds the directories where the walk begins. */
  @FunctionalInterface
  private interface Mounts {
    List<Path> find() throws IOException;
  }

  /** Walks cgroup2, where the given mountinfo says it is mounted. */
  public CgroupWalk(Path mountinfo) {
    this(
        () ->
            List.of(
                CgroupMount.find(mountinfo)
                    .orElseThrow(
                        () ->
                            new IOException(
                                "no cgroup2 is mounted (" + mountinfo + " has none)"))));
  }

  private CgroupWalk(Mounts mounts) {
    this.mounts = mounts;
  }

  /**
   * Walks the hierarchies of cgroup1. Each hierarchy numbers its cgroups by itself, so two cgroups
   * may have the same id. Then the one whose mount point sorts last is kept.
   */
  public static CgroupWalk older(Path mountinfo) {
    return new CgroupWalk(() -> CgroupMount.findOlder(mountinfo));
  }

  @Override
  public Map<Long, String> all() throws IOException {
    Map<Long, String> paths = new HashMap<>();
    // Looked up each time, because cgroups may be mounted after the start. Reading mountinfo costs
    // nothing beside the walk.
    for (Path mount : mounts.find()) {
      Inode root = Inode.of(mount);
      paths.put(root.number(), PathText.of(mount));
      walk(new Folder(mount, root), paths);
    }
    return paths;
  }

  @Override
  public OptionalLong id(String path) {
    try {
      Inode inode = Inode.of(PathText.path(path));
      return inode.isDirectory() ? OptionalLong.of(inode.number()) : OptionalLong.empty();
    } catch (IOException | IllegalArgumentException e) {
      return OptionalLong.empty();
    }
  }

  private record Folder(Path path, Inode inode) {}

  /** Walks without recursion, which would hold as many file descriptors as the tree is deep. */
  private static void walk(Folder root, Map<Long, String> paths) throws IOException {
    Deque<Folder> unseen = new ArrayDeque<>(List.of(root));
    while (!unseen.isEmpty()) {
      Folder folder = unseen.pop();
      // A directory is linked from its parent, from itself and from each of its subdirectories.
      // Most cgroups have no subdirectory, so their some fifty files need not be listed.
      if (folder.inode().links() == 2) {
        continue;
      }
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder.path())) {
        for (Path entry : entries) {
          look(entry, unseen, paths);
        }
      } catch (IOException | DirectoryIteratorException e) {
        if (folder.equals(root)) {
          throw new IOException(root.path() + ": can't be listed: " + e.getMessage(), e);
        }
        // The directory was removed during the walk, or this process may not list it.
      }
    }
  }

  private static void look(Path entry, Deque<Folder> unseen, Map<Long, String> paths) {
    try {
      Inode inode = Inode.of(entry);
      if (inode.isDirectory()) {
        paths.put(inode.number(), PathText.of(entry));
        unseen.push(new Folder(entry, inode));
      }
    } catch (IOException e) {
      // The entry was removed during the walk.
    }
  }

  private record Inode(long number, long links, boolean isDirectory) {
    static Inode of(Path path) throws IOException {
      Map<String, Object> stat =
          Files.readAttributes(path, "unix:ino,nlink,isDirectory", LinkOption.NOFOLLOW_LINKS);
      return new Inode(
          ((Number) value(stat, "ino")).longValue(),
          ((Number) value(stat, "nlink")).longValue(),
          (Boolean) value(stat, "isDirectory"));
    }

    private static Object value(Map<String, Object> stat, String name) throws IOException {
      Object value = stat.get(name);
      if (value == null) {
        throw new IOException("no attribute " + name);
      }
      return value;
    }
  }
}
