package io.ebpfagent;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.CgroupEvents;
import io.ebpfagent.bpf.CgroupHandles;
import io.ebpfagent.cgroup.CgroupMount;
import io.ebpfagent.cgroup.CgroupSource;
import io.ebpfagent.cgroup.CgroupWalk;
import io.ebpfagent.cgroup.Cgroups;
import io.ebpfagent.metrics.InfoSink;
import io.ebpfagent.metrics.InfoSource;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * This machine's cgroups, kept current: the kernel tells of each that comes and goes where it can,
 * and is asked by id; else the tree is walked now and then.
 */
final class CgroupWatch implements AutoCloseable, InfoSource {
  private static final System.Logger LOG = System.getLogger("io.ebpfagent");
  private static final int WALKS_SECONDS = 1;

  private final @Nullable CgroupEvents events;
  private final @Nullable CgroupHandles handles;
  private final Cgroups cgroups;
  private final LongAdder overflows = new LongAdder();
  private final CountDownLatch closed = new CountDownLatch(1);
  private boolean failed;

  private CgroupWatch(@Nullable CgroupEvents events, @Nullable CgroupHandles handles) {
    this.events = events;
    this.handles = handles;
    this.cgroups = new Cgroups(new HostSource(handles));
  }

  private record HostSource(@Nullable CgroupHandles handles) implements CgroupSource {
    private static final CgroupWalk WALK = new CgroupWalk(CgroupMount.MOUNTINFO);

    @Override
    public Map<Long, String> all() throws IOException {
      return WALK.all();
    }

    @Override
    public @Nullable String one(long id) {
      return handles == null ? null : handles.path(id).orElse(null);
    }

    @Override
    public OptionalLong id(String path) {
      return WALK.id(path);
    }
  }

  /** Does without the kernel's help. */
  static CgroupWatch walking() {
    return new CgroupWatch(null, null);
  }

  /**
   * Takes from the kernel what it gives to this process; says in one line each what it does not.
   */
  static CgroupWatch open() {
    Optional<Path> mount;
    try {
      mount = CgroupMount.find(CgroupMount.MOUNTINFO);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "cgroups: {0}", e.getMessage());
      return walking();
    }
    return mount.map(CgroupWatch::open).orElseGet(CgroupWatch::walking);
  }

  private static CgroupWatch open(Path mount) {
    CgroupEvents events = null;
    try {
      events = CgroupEvents.open(mount);
    } catch (BpfException e) {
      LOG.log(Level.INFO, "cgroups: {0}; their tree is walked instead", e.getMessage());
    }
    CgroupHandles handles = null;
    try {
      handles = CgroupHandles.open(mount);
    } catch (BpfException e) {
      LOG.log(
          Level.INFO,
          "cgroups: {0}; {1}",
          e.getMessage(),
          events == null
              ? "a new one has no path until the next walk"
              : "their paths are known from events alone");
    }
    return new CgroupWatch(events, handles);
  }

  Cgroups cgroups() {
    return cgroups;
  }

  /** Whether the kernel tells of cgroups that come and go. */
  boolean hasEvents() {
    return events != null;
  }

  /** Begins to keep them current, on a daemon thread, until this is closed. */
  void start() {
    CgroupEvents heard = events;
    Thread.ofPlatform()
        .daemon()
        .name("ebpf-cgroups")
        .start(() -> run(heard == null ? this::walk : () -> hear(heard)));
  }

  @FunctionalInterface
  private interface Step {
    /** Returns false when there is no more to do. */
    boolean next() throws InterruptedException;
  }

  private void run(Step step) {
    try {
      boolean more = true;
      while (more) {
        try {
          more = step.next();
        } catch (RuntimeException e) {
          // Events may have been lost with it.
          cgroups.watch(false);
          if (!failed) {
            failed = true;
            LOG.log(Level.WARNING, "cgroups: more of this is not logged", e);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      cgroups.watch(false);
    }
  }

  private boolean walk() throws InterruptedException {
    if (closed.await(WALKS_SECONDS, TimeUnit.SECONDS)) {
      return false;
    }
    cgroups.refresh();
    return true;
  }

  private boolean hear(CgroupEvents heard) {
    // Lists them at the beginning, and again after events were missed or a listing failed.
    cgroups.watch(true);
    boolean open = heard.await();
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
    return open;
  }

  @Override
  public void write(InfoSink sink) throws IOException {
    if (events != null) {
      sink.counter(
          "cgroup_event_overflows_total",
          "How often cgroups came and went faster than they were heard of; all were listed anew.");
      sink.sample(overflows());
    }
  }

  /** How often events were lost. */
  long overflows() {
    return overflows.sum();
  }

  @Override
  public void close() {
    closed.countDown();
    if (events != null) {
      events.close();
    }
    if (handles != null) {
      handles.close();
    }
  }
}
