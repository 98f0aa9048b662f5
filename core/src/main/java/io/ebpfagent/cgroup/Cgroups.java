// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Cgroup ids and their paths. Removed cgroups are kept for a while, because BPF maps keep rows of
 * cgroups that are gone. Thread-safe; while one thread lists cgroups, the others use what is known
 * already.
 *
 * <p>An unknown id makes the source list all cgroups, at most once a second. A thread that is
 * notified of every cgroup that comes or goes calls {@link #watch}, and then {@link #made} and
 * {@link #removed} for each; then no further listing is needed.
 */
public final class Cgroups {
  /** How long the path of a removed cgroup stays known. */
  private static final long REMEMBERED = TimeUnit.HOURS.toNanos(1);

  /** How many removed cgroups are remembered. */
  static final int MOST_REMEMBERED = 16_384;

  /** The replacement character, which stands for bytes of a name that are not UTF-8. */
  private static final char NO_TEXT = '\ufffd';

  private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

  /**
   * The pause after a listing is at least this many times the listing's duration, so that a large
   * tree does not keep a CPU busy.
   */
  private static final int PAUSE_PER_DURATION = 10;

  /** How long a removed cgroup may still pass for a live one when there are no listeners. */
  private static final long STALE = TimeUnit.MINUTES.toNanos(1);

  /** How long the first look-ups wait for the thread that lists. */
  private static final long FIRST_LISTING_MAY_TAKE = TimeUnit.SECONDS.toNanos(1);

  private final CgroupSource source;
  private final @Nullable Cgroups older;
  private final LongSupplier nanoTime;

  /**
   * Acquired before the monitor, and held while the source lists. The monitor guards all other
   * state.
   */
  private final ReentrantLock listing = new ReentrantLock();

  private final Map<Long, String> live = new HashMap<>();

  /** In the order of removal, oldest first. */
  private final Map<Long, Removed> removed = new LinkedHashMap<>();

  private final List<CgroupListener> listeners = new ArrayList<>();

  /**
   * Ids that came or went during the current listing, for which its result is out of date; null
   * when no listing is in progress.
   */
  private @Nullable Set<Long> changed;

  private boolean listed;

  /**
   * Whether another thread reports all that comes and goes, so that no further listing is needed.
   */
  private boolean watched;

  private long lastListing;
  private long nextListing;
  private String problem = "";

  private record Removed(String path, long at) {}

  public Cgroups(CgroupSource source) {
    this(source, null, System::nanoTime);
  }

  /**
   * @param older the hierarchies of cgroup1, searched for ids that {@code source} does not have.
   *     Listeners are not told of these.
   */
  public Cgroups(CgroupSource source, CgroupSource older) {
    this(source, new Cgroups(older), System::nanoTime);
  }

  Cgroups(CgroupSource source, @Nullable Cgroups older, LongSupplier nanoTime) {
    this.source = source;
    this.older = older;
    this.nanoTime = nanoTime;
  }

  /**
   * Creates a table of all cgroups that are mounted on this machine, found by walking their trees.
   */
  public static Cgroups ofHost() {
    return new Cgroups(
        new CgroupWalk(CgroupMount.MOUNTINFO), CgroupWalk.older(CgroupMount.MOUNTINFO));
  }

  /**
   * Returns the path of a live or removed cgroup, the mount point included: {@code
   * /sys/fs/cgroup/system.slice/ssh.service}. Null when there is no such cgroup or it is not known
   * yet.
   */
  public @Nullable String path(long id) {
    String path = knownOrAsked(id);
    if (path == null && listAgain()) {
      synchronized (this) {
        path = known(id);
      }
    }
    return path == null && older != null ? older.path(id) : path;
  }

  private synchronized @Nullable String knownOrAsked(long id) {
    String path = known(id);
    if (path == null) {
      path = source.one(id);
      if (path != null) {
        add(id, path);
      }
    }
    return path;
  }

  /** Returns in one line why the last listing of cgroups failed; empty when it succeeded. */
  public synchronized String problem() {
    return problem;
  }

  /**
   * Adds a listener. It is told of all cgroups that exist, and then of those that come and go: at
   * once when {@link #made} and {@link #removed} are called, else after the next listing.
   */
  public void listen(CgroupListener listener) {
    listAgain();
    synchronized (this) {
      live.forEach(listener::added);
      listeners.add(listener);
    }
  }

  /** Removes a listener; it is not called any more after this returns. */
  public synchronized void unlisten(CgroupListener listener) {
    listeners.remove(listener);
  }

  /**
   * Sets whether every cgroup that comes or goes is reported from now on. When that begins, cgroups
   * are listed once more, to find those that came before.
   */
  public void watch(boolean told) {
    synchronized (this) {
      if (!told || watched) {
        watched = told;
        return;
      }
    }
    listing.lock();
    try {
      boolean done = list();
      synchronized (this) {
        watched = done;
      }
    } finally {
      listing.unlock();
    }
  }

  /**
   * Reports that a cgroup was made below another one. It is ignored when it is gone already or was
   * made elsewhere.
   */
  public synchronized void made(long parent, String name) {
    String path = child(parent, name);
    if (path != null) {
      // Ids are never reused: whichever cgroup is at the path now, it has this path.
      OptionalLong id = source.id(path);
      if (id.isPresent()) {
        add(id.getAsLong(), path);
      } else if (name.indexOf(NO_TEXT) >= 0) {
        watched = false; // the name is not UTF-8, so only a listing finds it
      }
    }
  }

  /** Reports that a cgroup below another one was removed; its path stays known for a while. */
  public synchronized void removed(long parent, String name, long id) {
    if (live.containsKey(id)) {
      remove(id);
      return;
    }
    // The cgroup was gone before its id could be looked up.
    String path = child(parent, name);
    if (path != null) {
      remember(id, path);
    }
  }

  /**
   * Lists cgroups again if that is due: soon when there are listeners, and otherwise now and then,
   * so that removed cgroups are not taken for live ones for ever.
   */
  public void refresh() {
    if (isStale()) {
      listAgain();
    }
    if (older != null) {
      older.refresh();
    }
  }

  private synchronized boolean isStale() {
    return !listeners.isEmpty() || (listed && nanoTime.getAsLong() - lastListing > STALE);
  }

  private @Nullable String child(long parent, String name) {
    String path = known(parent);
    if (path == null) {
      path = source.one(parent);
    }
    return path == null ? null : path + "/" + name;
  }

  private @Nullable String known(long id) {
    String path = live.get(id);
    if (path != null) {
      return path;
    }
    Removed gone = removed.get(id);
    return gone == null || nanoTime.getAsLong() - gone.at() > REMEMBERED ? null : gone.path();
  }

  private void note(long id) {
    if (changed != null) {
      changed.add(id);
    }
  }

  private void add(long id, String path) {
    note(id);
    if (!path.equals(live.put(id, path))) {
      removed.remove(id);
      listeners.forEach(listener -> listener.added(id, path));
    }
  }

  private void remove(long id) {
    note(id);
    String path = live.remove(id);
    if (path != null) {
      remember(id, path);
      listeners.forEach(listener -> listener.removed(id, path));
    }
  }

  private void remember(long id, String path) {
    note(id);
    removed.put(id, new Removed(path, nanoTime.getAsLong()));
    if (removed.size() > MOST_REMEMBERED) {
      removed.remove(removed.keySet().iterator().next());
    }
  }

  private synchronized boolean isDue() {
    return !watched && (!listed || nanoTime.getAsLong() - nextListing >= 0);
  }

  /**
   * Lists cgroups if that is due; returns whether something may be known now that was not known
   * before.
   */
  private boolean listAgain() {
    if (!isDue() || !tryListing()) {
      return false;
    }
    try {
      // Another thread may just have listed them.
      return !isDue() || list();
    } finally {
      listing.unlock();
    }
  }

  private boolean tryListing() {
    boolean first;
    synchronized (this) {
      first = !listed;
    }
    try {
      return first
          ? listing.tryLock(FIRST_LISTING_MAY_TAKE, TimeUnit.NANOSECONDS)
          : listing.tryLock();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Lists cgroups; returns whether that succeeded. Called with the lock {@link #listing}. */
  private boolean list() {
    synchronized (this) {
      changed = new HashSet<>();
    }
    long begin = nanoTime.getAsLong();
    Map<Long, String> all = null;
    String failure = "";
    try {
      all = source.all();
    } catch (IOException | RuntimeException e) {
      failure = "cgroups: " + (e instanceof IOException ? e.getMessage() : e);
    }
    long end = nanoTime.getAsLong();
    synchronized (this) {
      Set<Long> newer = changed == null ? Set.of() : changed;
      changed = null;
      if (all != null) {
        take(all, newer);
      }
      problem = failure;
      removed.values().removeIf(gone -> end - gone.at() > REMEMBERED);
      nextListing = end + Math.max(PAUSE, PAUSE_PER_DURATION * (end - begin));
      lastListing = end;
      listed = true;
    }
    return all != null;
  }

  private void take(Map<Long, String> all, Set<Long> newer) {
    all.forEach(
        (id, path) -> {
          if (!newer.contains(id)) {
            add(id, path);
          }
        });
    for (long id : List.copyOf(live.keySet())) {
      if (!all.containsKey(id) && !newer.contains(id)) {
        remove(id);
      }
    }
  }
}
