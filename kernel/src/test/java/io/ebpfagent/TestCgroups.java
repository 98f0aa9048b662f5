// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent;

import io.ebpfagent.cgroup.CgroupMount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Real cgroups for a test, below one of its own; all are removed at the end. */
public final class TestCgroups implements AutoCloseable {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final Path root;

  public TestCgroups() throws IOException {
    Path mount = CgroupMount.find(CgroupMount.MOUNTINFO).orElseThrow();
    String name = "ebpf-test-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
    root = Files.createDirectory(mount.resolve(name));
  }

  /** Returns the cgroup that contains all others. */
  public Path root() {
    return root;
  }

  public Path make(String name) throws IOException {
    return Files.createDirectory(root.resolve(name));
  }

  public void remove(Path cgroup) throws IOException {
    Files.delete(cgroup);
  }

  public static long id(Path cgroup) throws IOException {
    return (Long) Files.getAttribute(cgroup, "unix:ino");
  }

  /** Returns the test's own cgroup and all below it, id to path. */
  public Map<Long, String> tree() throws IOException {
    Map<Long, String> tree = new TreeMap<>();
    for (Path cgroup : directories()) {
      tree.put(id(cgroup), cgroup.toString());
    }
    return tree;
  }

  private List<Path> directories() throws IOException {
    try (Stream<Path> tree = Files.walk(root)) {
      return new ArrayList<>(tree.filter(Files::isDirectory).toList());
    }
  }

  @Override
  public void close() throws IOException {
    List<Path> all = directories();
    all.sort(Comparator.reverseOrder());
    for (Path cgroup : all) {
      Files.delete(cgroup);
    }
  }
}
