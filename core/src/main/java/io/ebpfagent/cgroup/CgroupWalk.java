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

/** Learns all cgroups by walking the tree: a cgroup's id is its directory's inode number. */
public final class CgroupWalk implements CgroupSource {
  private final Mounts mounts;

  /** Where to begin. */
  @FunctionalInterface
  private interface Mounts {
    List<Path> find() throws IOException;
  }

  /** Walks cgroup2. */
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
   * Walks the hierarchies of cgroup1. Each counts its ids for itself, so that of two cgroups with
   * one id one is missed; as the mount points sort, the last one stays.
   */
  public static CgroupWalk older(Path mountinfo) {
    return new CgroupWalk(() -> CgroupMount.findOlder(mountinfo));
  }

  @Override
  public Map<Long, String> all() throws IOException {
    Map<Long, String> paths = new HashMap<>();
    // Looked up each time: cgroups may be mounted after the start, and reading it costs nothing
    // beside the walk.
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

  /** Not by recursion, which would hold as many descriptors as the tree is deep. */
  private static void walk(Folder root, Map<Long, String> paths) throws IOException {
    Deque<Folder> unseen = new ArrayDeque<>(List.of(root));
    while (!unseen.isEmpty()) {
      Folder folder = unseen.pop();
      // A directory is linked from its parent, from itself and from each of its subdirectories:
      // most cgroups have none, and so the some fifty files in each need no look.
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
        // Removed while we walked, or not ours to see.
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
      // Removed while we walked.
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
