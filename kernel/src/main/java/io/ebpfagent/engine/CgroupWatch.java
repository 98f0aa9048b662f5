// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.cgroup.CgroupMount;
import io.ebpfagent.cgroup.CgroupSource;
import io.ebpfagent.cgroup.CgroupWalk;
import io.ebpfagent.cgroup.Cgroups;
import io.ebpfagent.cgroup.PathText;
import io.ebpfagent.linux.CgroupEvents;
import io.ebpfagent.linux.CgroupHandles;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.log.Log;
import io.ebpfagent.metrics.InfoSink;
import io.ebpfagent.metrics.InfoSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the table of this machine's cgroups current. Where possible, the kernel reports every
 * cgroup that is made or removed and looks up single ids; otherwise the tree is walked now and
 * then.
 */
final class CgroupWatch implements AutoCloseable, InfoSource {
  private static final int WALKS_SECONDS = 1;

  private final Log log;
  private final Cgroups cgroups =
      new Cgroups(new HostSource(), CgroupWalk.older(CgroupMount.MOUNTINFO));
  private final LongAdder overflows = new LongAdder();
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile @Nullable CgroupEvents events;
  private volatile @Nullable CgroupHandles handles;
  private boolean opened;
  private boolean started;

  /** Creates a watch that only walks the tree, until {@link #open} is called. */
  CgroupWatch(Log log) {
    this.log = log;
  }

  private final class HostSource implements CgroupSource {
    private static final CgroupWalk WALK = new CgroupWalk(CgroupMount.MOUNTINFO);

    @Override
    public Map<Long, String> all() throws IOException {
      return WALK.all();
    }

    @Override
    public @Nullable String one(long id) {
      CgroupHandles asked = handles;
      return asked == null ? null : asked.path(id).map(PathText::of).orElse(null);
    }

    @Override
    public OptionalLong id(String path) {
      return WALK.id(path);
    }
  }

  /**
   * Opens the kernel's event source and look-up by id, as far as this process may use them; logs
   * one line for each that it may not. Only the first call does anything.
   */
  void open() {
    if (opened) {
      return;
    }
    opened = true;
    CgroupMount.problem(CgroupMount.MOUNTINFO)
        .ifPresent(problem -> log.warning("cgroups: " + problem + "; they have no paths"));
    try {
      CgroupMount.find(CgroupMount.MOUNTINFO).ifPresent(this::open);
    } catch (IOException e) {
      // The line above has logged it.
    }
  }

  private void open(Path mount) {
    try {
      events = CgroupEvents.open(mount);
    } catch (KernelException e) {
      log.info("cgroups: " + e.getMessage() + "; their tree is walked instead");
    }
    try {
      handles = CgroupHandles.open(mount);
    } catch (KernelException e) {
      log.info(
          "cgroups: %s; %s"
              .formatted(
                  e.getMessage(),
                  events == null
                      ? "a new one has no path until the next walk"
                      : "their paths are known from events alone"));
    }
  }

  Cgroups cgroups() {
    return cgroups;
  }

  /** Whether the kernel reports cgroups that come and go. */
  boolean hasEvents() {
    return events != null;
  }

  /**
   * Starts a thread that keeps the table current until this is closed. Does nothing before {@link
   * #open}, or if called again.
   */
  void start(Loop.Threads threads) {
    if (!opened || started) {
      return;
    }
    started = true;
    CgroupEvents heard = events;
    if (heard == null) {
      walk(threads);
    } else {
      threads.start("cgroups", () -> hear(heard));
    }
  }

  /** Starts a thread that keeps the table current without the kernel's events. */
  void walk(Loop.Threads threads) {
    threads.start("cgroups", this::walk);
  }

  private boolean walk() throws InterruptedException {
    if (closed.await(WALKS_SECONDS, TimeUnit.SECONDS)) {
      return false;
    }
    cgroups.refresh();
    return true;
  }

  private boolean hear(CgroupEvents heard) {
    // Lists the cgroups at the beginning, and again after events were lost or a listing failed.
    cgroups.watch(true);
    boolean open = false;
    try {
      open = heard.await();
      drain(heard);
      return open;
    } catch (RuntimeException | Error e) {
      // Events may have been lost by the failure.
      open = false;
      throw e;
    } finally {
      if (!open) {
        cgroups.watch(false);
      }
    }
  }

  private void drain(CgroupEvents heard) {
    heard.drain(
        new CgroupEvents.Consumer() {
          @Override
          public void made(long parent, String name) {
            cgroups.made(parent, name);
          }

          @Override
          public void removed(long parent, String name, long id) {
            cgroups.removed(parent, name, id);
          }

          @Override
          public void missed() {
            overflows.increment();
            cgroups.watch(false);
          }
        });
  }

  @Override
  public void write(InfoSink sink) throws IOException {
    if (events != null) {
      sink.counter(
          "cgroup_event_overflows_total",
          "Overflows of the queue of cgroup events; each time all cgroups were listed again.");
      sink.sample(overflows());
    }
  }

  /** Number of times that events were lost. */
  long overflows() {
    return overflows.sum();
  }

  @Override
  public void close() {
    closed.countDown();
    CgroupEvents heard = events;
    if (heard != null) {
      heard.close();
    }
    CgroupHandles asked = handles;
    if (asked != null) {
      asked.close();
    }
  }
}
