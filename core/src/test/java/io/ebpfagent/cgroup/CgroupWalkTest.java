// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CgroupWalkTest {
  @TempDir private Path folder;

  private static long inode(Path path) throws IOException {
    return (Long) Files.getAttribute(path, "unix:ino");
  }

  private Path mountinfo(Path point) throws IOException {
    return Files.writeString(
        folder.resolve("mountinfo"), "1 2 0:3 / " + point + " rw - cgroup2 cgroup2 rw\n");
  }

  @Test
  void findsAllDirectoriesAndNoFilesOrLinks() throws Exception {
    Path root = Files.createDirectory(folder.resolve("root"));
    Path a = Files.createDirectory(root.resolve("a"));
    Path deep = Files.createDirectory(a.resolve("deep"));
    Path b = Files.createDirectory(deep.resolve("b.slice"));
    Files.writeString(a.resolve("cgroup.procs"), "");
    Files.createSymbolicLink(root.resolve("link"), a);
    assertThat(new CgroupWalk(mountinfo(root)).all())
        .containsOnly(
            Map.entry(inode(root), root.toString()),
            Map.entry(inode(a), a.toString()),
            Map.entry(inode(deep), deep.toString()),
            Map.entry(inode(b), b.toString()));
  }

  @Test
  void saysThatNoCgroup2IsMounted() throws Exception {
    Path none = Files.writeString(folder.resolve("mountinfo"), "1 2 0:3 / / rw - ext4 a rw\n");
    assertThatThrownBy(new CgroupWalk(none)::all)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no cgroup2 is mounted");
  }

  @Test
  @Tag("kernel")
  void followsTheRunningKernelsCgroups() throws Exception {
    Path mount = CgroupMount.find(CgroupMount.MOUNTINFO).orElseThrow();
    long[] time = {0};
    Cgroups cgroups = new Cgroups(new CgroupWalk(CgroupMount.MOUNTINFO), () -> time[0]);
    assertThat(cgroups.path(inode(mount))).isEqualTo(mount.toString());
    Path parent = mount.resolve("ebpf-agent-test-" + ProcessHandle.current().pid());
    Path child = parent.resolve("child.slice");
    try {
      Files.createDirectories(child);
      long id = inode(child);
      assertThat(cgroups.path(id)).as("within a second of the last walk").isNull();
      time[0] += 60_000_000_000L;
      assertThat(cgroups.path(id)).isEqualTo(child.toString());
      assertThat(cgroups.path(inode(parent))).isEqualTo(parent.toString());
      Files.delete(child);
      time[0] += 60_000_000_000L;
      Map<Long, String> live = new HashMap<>();
      cgroups.listen(new Told(live));
      assertThat(live).doesNotContainKey(id);
      assertThat(cgroups.path(id)).as("removed").isEqualTo(child.toString());
    } finally {
      Files.deleteIfExists(child);
      Files.deleteIfExists(parent);
    }
  }
}
