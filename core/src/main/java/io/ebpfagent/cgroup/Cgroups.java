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
 * Cgroup ids and their paths, removed ones included for a while: BPF maps keep rows of cgroups that
 * are gone. Used by many threads at once; while one of them lists cgroups, the others go by what is
 * known.
 *
 * <p>An id that is not known makes the source list all cgroups, once a second at most. A thread
 * that hears of cgroups as they come and go calls {@link #watch}, and then {@link #made} and {@link
 * #removed} for each; then there is nothing to list.
 */
public final class Cgroups {
  /** How long the path of a removed cgroup stays known. */
  private static final long REMEMBERED = TimeUnit.HOURS.toNanos(1);

  /** How many removed cgroups are remembered. */
  static final int MOST_REMEMBERED = 16_384;

  /** What stands for bytes of a name that are not UTF-8. */
  private static final char NO_TEXT = '\ufffd';

  private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

  /** A walk of a large tree is not to take more than this part of the time. */
  private static final int PAUSE_PER_DURATION = 10;

  /** How long a removed cgroup may pass for a live one where nobody listens. */
  private static final long STALE = TimeUnit.MINUTES.toNanos(1);

  /** How long the first look-ups wait for the one of them that lists. */
  private static final long FIRST_LISTING_MAY_TAKE = TimeUnit.SECONDS.toNanos(1);

  private final CgroupSource source;
  private final @Nullable Cgroups older;
  private final LongSupplier nanoTime;

  /** Taken before the monitor, and held while the source lists; all else is the monitor's. */
  private final ReentrantLock listing = new ReentrantLock();

  private final Map<Long, String> live = new HashMap<>();

  /** In the order of removal. */
  private final Map<Long, Removed> removed = new LinkedHashMap<>();

  private final List<CgroupListener> listeners = new ArrayList<>();

  /** What came or went while the source lists, about which the list is old news; null else. */
  private @Nullable Set<Long> changed;

  private boolean listed;

  /** Whether somebody tells of all that comes and goes, so that there is nothing to list again. */
  private boolean watched;

  private long lastListing;
  private long nextListing;
  private String problem = "";

  private record Removed(String path, long at) {}

  public Cgroups(CgroupSource source) {
    this(source, null, System::nanoTime);
  }

  /**
   * @param older where ids are looked for that {@code source} does not have: the hierarchies of
   *     cgroup1. Listeners are told nothing of these.
   */
  public Cgroups(CgroupSource source, CgroupSource older) {
    this(source, new Cgroups(older), System::nanoTime);
  }

  Cgroups(CgroupSource source, @Nullable Cgroups older, LongSupplier nanoTime) {
    this.source = source;
    this.older = older;
    this.nanoTime = nanoTime;
  }

  /** All cgroups that are mounted on this machine, by walking their trees. */
  public static Cgroups ofHost() {
    return new Cgroups(
        new CgroupWalk(CgroupMount.MOUNTINFO), CgroupWalk.older(CgroupMount.MOUNTINFO));
  }

  /**
   * The path of a cgroup as it is, or was, below the mount point, which is part of it: {@code
   * /sys/fs/cgroup/system.slice/ssh.service}. Null when there is no such cgroup, or it is not known
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

  /** Why cgroups could not be listed the last time, in one line; empty when they could. */
  public synchronized String problem() {
    return problem;
  }

  /**
   * Tells a listener of all cgroups that exist, and then of those that come and go: at once where
   * {@link #made} and {@link #removed} are called, else when they are listed again.
   */
  public void listen(CgroupListener listener) {
    listAgain();
    synchronized (this) {
      live.forEach(listener::added);
      listeners.add(listener);
    }
  }

  /** Ends what {@link #listen} began: no call is made to the listener after this one. */
  public synchronized void unlisten(CgroupListener listener) {
    listeners.remove(listener);
  }

  /**
   * Says that every cgroup that comes or goes is told from now on, or that this is no longer so.
   * When it begins, cgroups are listed once more, for those that came before.
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

  /** A cgroup was made below another one; ignored when it is gone since, or was made elsewhere. */
  public synchronized void made(long parent, String name) {
    String path = child(parent, name);
    if (path != null) {
      // Ids never come again: whichever cgroup is there now, it has this path.
      OptionalLong id = source.id(path);
      if (id.isPresent()) {
        add(id.getAsLong(), path);
      } else if (name.indexOf(NO_TEXT) >= 0) {
        watched = false; // its name can't be told in words: only a listing finds it
      }
    }
  }

  /** A cgroup below another one was removed; its path stays known for a while. */
  public synchronized void removed(long parent, String name, long id) {
    if (live.containsKey(id)) {
      remove(id);
      return;
    }
    // It was gone before its id could be learnt.
    String path = child(parent, name);
    if (path != null) {
      remember(id, path);
    }
  }

  /**
   * Lists cgroups again if that is due: soon for those who listen, else so that what is gone is not
   * kept for ever.
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

  /** Whether something may be known now that was not known before. */
  private boolean listAgain() {
    if (!isDue() || !tryListing()) {
      return false;
    }
    try {
      // Another thread may just have done it.
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

  /** Whether it could be done; called with the lock. */
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
