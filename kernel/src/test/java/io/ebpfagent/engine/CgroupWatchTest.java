// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestCgroups;
import io.ebpfagent.TestObjects;
import io.ebpfagent.attach.AttachException;
import io.ebpfagent.attach.AttachOptions;
import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.attach.Attacher;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.MapCursor;
import io.ebpfagent.cgroup.CgroupListener;
import io.ebpfagent.config.Config;
import io.ebpfagent.kallsyms.Kallsyms;
import io.ebpfagent.log.Log;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Cgroups that come and go, and the maps of their ids. */
@KernelTest
@Timeout(180)
final class CgroupWatchTest {
  private static final long PATIENCE_NANOS = 60_000_000_000L;
  private static final int CGROUPS = 2_000;

  private final Loop.Threads threads = new Loop.Threads(Thread::new, Log.NONE);
  private final Kallsyms kallsyms = new Kallsyms(Kallsyms.PATH);
  private TestCgroups cgroups;

  @BeforeEach
  void make() throws Exception {
    cgroups = new TestCgroups();
  }

  @AfterEach
  void remove() throws Exception {
    cgroups.close();
    kallsyms.close();
  }

  private static Config config(String map, String type, String regexp) {
    return TestObjects.config(
        "cgroup-ids",
        """
        metrics:
          counters:
            - {name: seen_total, help: Nothing}
        cgroup_id_map: {name: %s, type: %s, regexps: ['%s']}
        """
            .formatted(map, type, regexp));
  }

  private AttachedConfig attach(CgroupWatch watch, Config config) throws AttachException {
    return new Attacher(kallsyms, watch.cgroups(), AttachOptions.DEFAULT, Log.NONE).attach(config);
  }

  private static CgroupWatch opened() {
    CgroupWatch watch = new CgroupWatch(Log.NONE);
    watch.open();
    return watch;
  }

  private static Map<Long, Long> rows(BpfMap map) throws BpfException {
    Map<Long, Long> rows = new TreeMap<>();
    try (MapCursor cursor = map.cursor()) {
      while (cursor.next()) {
        ByteBuffer keys = ByteBuffer.wrap(cursor.keys()).order(ByteOrder.nativeOrder());
        for (int i = 0; i < cursor.rows(); i++) {
          rows.put(keys.getLong(i * Long.BYTES), cursor.value(i));
        }
      }
    }
    return rows;
  }

  /** Polls until a value is the expected one; fails after a timeout. */
  private static <T> void becomes(Callable<T> look, T expected) throws Exception {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    while (!look.call().equals(expected) && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(look.call()).isEqualTo(expected);
  }

  /** Makes and removes many cgroups; some live very shortly, and some stay. */
  private void comeAndGo() throws Exception {
    ArrayDeque<Path> live = new ArrayDeque<>();
    for (int i = 0; i < CGROUPS; i++) {
      Path cgroup = cgroups.make((i % 3 == 0 ? "other-" : "service-") + i);
      live.add(cgroup);
      if (i % 10 == 0) {
        live.add(cgroups.make(cgroup.getFileName() + "/child"));
      } else if (i % 7 != 0) {
        cgroups.remove(live.removeLast());
      }
    }
  }

  private Map<Long, Long> truth() throws Exception {
    Map<Long, Long> truth = new TreeMap<>();
    cgroups
        .tree()
        .forEach(
            (id, path) -> {
              if (path.contains("/service-")) {
                truth.put(id, 1L);
              }
            });
    return truth;
  }

  private String matching() {
    return "^" + cgroups.root() + "/service-";
  }

  @Test
  void fillsAHashWithTheCgroupsThatMatch() throws Exception {
    cgroups.make("service-before");
    try (CgroupWatch watch = opened();
        AttachedConfig config = attach(watch, config("ids", "hash", matching()))) {
      assertThat(watch.hasEvents()).isTrue();
      assertThat(rows(config.map("ids"))).isEqualTo(truth()).hasSize(1);
      watch.start(threads);
      comeAndGo();
      assertThat(truth()).hasSizeGreaterThan(100);
      becomes(() -> rows(config.map("ids")), truth());
      for (Map.Entry<Long, String> each : cgroups.tree().entrySet()) {
        assertThat(watch.cgroups().path(each.getKey())).isEqualTo(each.getValue());
      }
    }
  }

  @Test
  void fillsAHashByWalkingToo() throws Exception {
    try (CgroupWatch watch = new CgroupWatch(Log.NONE);
        AttachedConfig config = attach(watch, config("ids", "hash", matching()))) {
      assertThat(watch.hasEvents()).isFalse();
      watch.walk(threads);
      comeAndGo();
      becomes(() -> rows(config.map("ids")), truth());
    }
  }

  @Test
  void fillsAStorageOfCgroups() throws Exception {
    Path before = cgroups.make("service-before");
    try (CgroupWatch watch = opened();
        AttachedConfig config = attach(watch, config("storage", "cgrp_storage", matching()))) {
      BpfMap storage = config.map("storage");
      assertThat(storage.hasCgroup(before.toString())).isTrue();
      watch.start(threads);
      comeAndGo();
      Path last = cgroups.make("service-last");
      becomes(() -> storage.hasCgroup(last.toString()), true);
      Map<Long, Long> marked = new TreeMap<>();
      for (Map.Entry<Long, String> each : cgroups.tree().entrySet()) {
        if (storage.hasCgroup(each.getValue())) {
          marked.put(each.getKey(), 1L);
        }
      }
      assertThat(marked).isEqualTo(truth());
    }
  }

  @Test
  void takesUpWhatAFullMapHadNoRoomFor() throws Exception {
    List<Path> all = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      all.add(cgroups.make("service-" + i));
    }
    try (CgroupWatch watch = opened();
        AttachedConfig config = attach(watch, config("few_ids", "hash", matching()))) {
      BpfMap ids = config.map("few_ids");
      assertThat(rows(ids)).hasSize(3);
      watch.start(threads);
      cgroups.remove(all.removeFirst());
      cgroups.remove(all.removeLast());
      becomes(() -> rows(ids), truth());
    }
  }

  @Test
  void listsThemAllWhenTheKernelLostSome() throws Exception {
    // Not readString: it reads a single byte first, and the second read of such a file returns
    // nothing.
    Path limit = Path.of("/proc/sys/fs/fanotify/max_queued_events");
    int queue = Integer.parseInt(Files.readAllLines(limit).getFirst());
    Holding holding = new Holding();
    try (CgroupWatch watch = opened();
        AttachedConfig config = attach(watch, config("ids", "hash", matching()))) {
      watch.cgroups().listen(holding);
      watch.start(threads);
      Path first = cgroups.make("service-first");
      cgroups.make("hold");
      holding.held.await();
      // Nobody reads events now; each of these cgroups causes two.
      for (int i = 0; i <= queue / 2; i++) {
        cgroups.remove(cgroups.make("brief-" + i));
      }
      cgroups.make("service-last");
      cgroups.remove(first);
      holding.release.countDown();
      becomes(watch::overflows, 1L);
      becomes(() -> rows(config.map("ids")), truth());
      assertThat(truth()).hasSize(1);
      cgroups.make("service-after");
      becomes(() -> rows(config.map("ids")), truth());
    }
  }

  /** Blocks the thread that reports a certain cgroup until it is released. */
  private static final class Holding implements CgroupListener {
    private final CountDownLatch held = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);

    @Override
    public void added(long id, String path) {
      if (path.endsWith("/hold")) {
        held.countDown();
        try {
          release.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }

    @Override
    public void removed(long id, String path) {}
  }

  @Test
  void remembersTheNameOfACgroupThatLivedForNoTime() throws Exception {
    try (CgroupWatch watch = opened()) {
      watch.start(threads);
      Path brief = cgroups.make("brief");
      long id = TestCgroups.id(brief);
      cgroups.remove(brief);
      becomes(() -> String.valueOf(watch.cgroups().path(id)), brief.toString());
    }
  }

  @Test
  void saysWhyAMapCannotHoldCgroups() {
    assertThatThrownBy(() -> TestObjects.attach(config("no_ids", "hash", "x")))
        .isInstanceOf(AttachException.class)
        .hasMessageContaining("cgroup_id_map.name")
        .hasMessageContaining("no map named no_ids")
        .hasMessageContaining("few_ids, ids, ");
    assertThatThrownBy(() -> TestObjects.attach(config("ids", "cgrp_storage", "x")))
        .hasMessageContaining("cgroup_id_map.type: map ids is a hash, not a cgrp_storage");
    assertThatThrownBy(() -> TestObjects.attach(config("small_keys", "hash", "x")))
        .hasMessageContaining("map small_keys has keys of 4 and values of 8 bytes");
  }
}
