// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestCgroups;
import io.ebpfagent.cgroup.CgroupMount;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@KernelTest
@Timeout(60)
final class CgroupEventsTest {
  private final Path mount = CgroupMount.find(CgroupMount.MOUNTINFO).orElseThrow();

  CgroupEventsTest() throws Exception {}

  /** Records the events of the cgroups below one. */
  private static final class Told implements CgroupEvents.Consumer {
    private final List<String> told = new ArrayList<>();

    @Override
    public void made(long parent, String name) {
      told.add("made " + name + " in " + parent);
    }

    @Override
    public void removed(long parent, String name, long id) {
      told.add("removed " + name + " in " + parent + ": " + id);
    }

    @Override
    public void missed() {
      told.add("missed");
    }
  }

  @Test
  void tellsOfEveryCgroup() throws Exception {
    Told told = new Told();
    try (TestCgroups cgroups = new TestCgroups();
        CgroupEvents events = CgroupEvents.open(mount)) {
      Path parent = cgroups.make("parent \u00e9");
      Path child = cgroups.make("parent \u00e9/child");
      long root = TestCgroups.id(cgroups.root());
      long parentId = TestCgroups.id(parent);
      long childId = TestCgroups.id(child);
      assertThat(events.await()).isTrue();
      events.drain(told);
      assertThat(told.told)
          .containsSequence("made parent \u00e9 in " + root, "made child in " + parentId);
      cgroups.remove(child);
      events.drain(told);
      assertThat(told.told).endsWith("removed child in " + parentId + ": " + childId);
    }
  }

  @Test
  void endsTheWaitOfAThreadWhenItCloses() throws Exception {
    CgroupEvents events = CgroupEvents.open(mount);
    Thread waiting =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (events.await()) {
                    events.drain(new Told());
                  }
                });
    events.close();
    events.close();
    waiting.join();
    assertThat(events.await()).isFalse();
  }

  @Test
  void findsTheDirectoryOfAnId() throws Exception {
    try (TestCgroups cgroups = new TestCgroups();
        CgroupHandles handles = CgroupHandles.open(mount)) {
      Path cgroup = cgroups.make("one");
      long id = TestCgroups.id(cgroup);
      assertThat(handles.path(id)).hasValue(cgroup);
      assertThat(handles.path(TestCgroups.id(mount))).hasValue(mount);
      cgroups.remove(cgroup);
      assertThat(handles.path(id)).isEmpty();
      assertThat(handles.path(0x7fff_ffff_ffffL)).isEmpty();
    }
  }

  /** Reading a file descriptor that was closed could read another file. */
  @Test
  void closingWaitsForReadersAndThenThereAreNone() throws Exception {
    try (TestCgroups cgroups = new TestCgroups()) {
      Path cgroup = cgroups.make("one");
      long id = TestCgroups.id(cgroup);
      for (int i = 0; i < 50; i++) {
        CgroupHandles handles = CgroupHandles.open(mount);
        CgroupEvents events = CgroupEvents.open(mount);
        CountDownLatch reading = new CountDownLatch(2);
        CompletableFuture<Void> paths =
            CompletableFuture.runAsync(
                () -> {
                  while (handles.path(id).isPresent()) {
                    reading.countDown();
                  }
                });
        CompletableFuture<Void> told =
            CompletableFuture.runAsync(
                () -> {
                  reading.countDown();
                  while (events.await()) {
                    events.drain(new Told());
                  }
                });
        reading.await();
        events.close();
        handles.close();
        paths.get();
        told.get();
        assertThat(handles.path(id)).isEmpty();
        Told after = new Told();
        cgroups.remove(cgroups.make("two"));
        events.drain(after);
        assertThat(after.told).isEmpty();
        handles.close();
        events.close();
      }
    }
  }
}
