// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Learns all cgroups by walking the tree: a cgroup's id is its directory's inode number. */
public final class CgroupWalk implements CgroupSource {
  private final Path mountinfo;

  public CgroupWalk(Path mountinfo) {
    this.mountinfo = mountinfo;
  }

  @Override
  public Map<Long, String> all() throws IOException {
    // Looked up each time: cgroup2 may be mounted after the start, and reading it costs nothing
    // beside the walk.
    Optional<Path> mount = CgroupMount.find(mountinfo);
    if (mount.isEmpty()) {
      throw new IOException("no cgroup2 is mounted (" + mountinfo + " has none)");
    }
    Map<Long, String> paths = new HashMap<>();
    Inode root = Inode.of(mount.get());
    paths.put(root.number(), mount.get().toString());
    walk(mount.get(), root, paths);
    return paths;
  }

  @Override
  public OptionalLong id(String path) {
    try {
      Inode inode = Inode.of(Path.of(path));
      return inode.isDirectory() ? OptionalLong.of(inode.number()) : OptionalLong.empty();
    } catch (IOException | InvalidPathException e) {
      // Gone, or named with characters that this process's locale does not have.
      return OptionalLong.empty();
    }
  }

  private static void walk(Path folder, Inode inode, Map<Long, String> paths) throws IOException {
    // A directory is linked from its parent, from itself and from each of its subdirectories: most
    // cgroups have none, and so the some fifty files in each need no look.
    if (inode.links() == 2) {
      return;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        try {
          Inode child = Inode.of(entry);
          if (child.isDirectory()) {
            paths.put(child.number(), entry.toString());
            walk(entry, child, paths);
          }
        } catch (IOException _) {
          // Removed while we walked.
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
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
