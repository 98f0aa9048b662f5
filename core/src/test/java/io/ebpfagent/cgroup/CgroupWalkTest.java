// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
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
  void takesNamesOfAnyBytes() throws Exception {
    Path root = Files.createDirectory(folder.resolve("root"));
    Map<Long, String> expected = new HashMap<>(Map.of(inode(root), root.toString()));
    for (String name : List.of("stra\u00dfe", "\u732b", "a%41 b+c?#&", "\\", "tab\tline\n\rend")) {
      Path made = Files.createDirectory(PathText.path(root + "/" + name));
      expected.put(inode(made), root + "/" + name);
    }
    for (byte[] name : new byte[][] {{(byte) 0xff}, {'a', (byte) 0xc3, 'b'}, {(byte) 0x80, '%'}}) {
      byte[] path = (root + "/").getBytes(UTF_8);
      int length = path.length;
      path = Arrays.copyOf(path, length + name.length);
      System.arraycopy(name, 0, path, length, name.length);
      Path made = Files.createDirectory(PathText.path(path));
      expected.put(inode(made), new String(path, UTF_8));
    }
    CgroupWalk walk = new CgroupWalk(mountinfo(root));
    assertThat(walk.all()).isEqualTo(expected).hasSize(9);
    assertThat(walk.id(root + "/stra\u00dfe")).isPresent();
    assertThat(walk.id(root + "/\u732b")).isPresent();
    assertThat(walk.id(root + "/\ufffd")).isEmpty();
    assertThat(walk.id("\0")).isEmpty();
    assertThat(walk.id("\u732b")).isEmpty();
  }

  @Test
  void holdsOneDescriptorHoweverDeepTheTree() throws Exception {
    Path root = Files.createDirectory(folder.resolve("root"));
    Path deep = root;
    for (int i = 0; i < 700; i++) {
      deep = Files.createDirectory(deep.resolve("d"));
    }
    assertThat(new CgroupWalk(mountinfo(root)).all()).hasSize(701).containsKey(inode(deep));
  }

  @Test
  void walksTheHierarchiesOfCgroup1() throws Exception {
    Path memory = Files.createDirectory(folder.resolve("memory"));
    Path foo = Files.createDirectory(memory.resolve("foo"));
    Path pids = Files.createDirectory(folder.resolve("pids"));
    Path bar = Files.createDirectory(pids.resolve("bar"));
    Path mountinfo =
        Files.writeString(
            folder.resolve("mountinfo"),
            """
            1 2 0:3 / %s rw - cgroup cgroup rw,pids
            1 2 0:4 / %s rw - cgroup cgroup rw,memory
            1 2 0:5 / / rw - cgroup2 none rw
            """
                .formatted(pids, memory));
    assertThat(CgroupWalk.older(mountinfo).all())
        .containsOnly(
            Map.entry(inode(memory), memory.toString()),
            Map.entry(inode(foo), foo.toString()),
            Map.entry(inode(pids), pids.toString()),
            Map.entry(inode(bar), bar.toString()));
  }

  /** A hierarchy of cgroup1 without a controller; every kernel with cgroup1 can mount one. */
  @Test
  @Tag("kernel")
  void followsTheRunningKernelsCgroup1() throws Exception {
    Path point = Files.createDirectory(folder.resolve("ebpftest"));
    assumeTrue(run("mount", "-t", "cgroup", "-o", "none,name=ebpftest", "none", point.toString()));
    Path cgroup = point.resolve("foo");
    try {
      // Makes so many cgroups that the last id is higher than those of cgroup2.
      for (int i = 0; i < 3000; i++) {
        Files.createDirectory(cgroup);
        Files.delete(cgroup);
      }
      Files.createDirectory(cgroup);
      assertThat(CgroupWalk.older(CgroupMount.MOUNTINFO).all())
          .containsEntry(inode(cgroup), cgroup.toString());
      assertThat(Cgroups.ofHost().path(inode(cgroup))).isEqualTo(cgroup.toString());
    } finally {
      Files.deleteIfExists(cgroup);
      assertThat(run("umount", point.toString())).isTrue();
    }
  }

  private static boolean run(String... command) throws Exception {
    return new ProcessBuilder(command).redirectErrorStream(true).inheritIO().start().waitFor() == 0;
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
    Cgroups cgroups = new Cgroups(new CgroupWalk(CgroupMount.MOUNTINFO), null, () -> time[0]);
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
