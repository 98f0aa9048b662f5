// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Cgroup ids and their paths, removed ones included for a while: BPF maps keep rows of cgroups that
 * are gone. Used by many threads at once.
 *
 * <p>An id that is not known makes the source list all cgroups, once a second at most. Who hears of
 * cgroups as they come and go says so with {@link #watch} and tells {@link #made} and {@link
 * #removed}; then there is nothing to list.
 */
public final class Cgroups {
  /** How long the path of a removed cgroup stays known. */
  private static final long REMEMBERED = TimeUnit.HOURS.toNanos(1);

  /** How many removed cgroups are remembered. */
  static final int MOST_REMEMBERED = 16_384;

  private static final long PAUSE = TimeUnit.SECONDS.toNanos(1);

  /** A walk of a large tree is not to take more than this part of the time. */
  private static final int PAUSE_PER_DURATION = 10;

  /** How long a removed cgroup may pass for a live one where nobody listens. */
  private static final long STALE = TimeUnit.MINUTES.toNanos(1);

  private final CgroupSource source;
  private final LongSupplier nanoTime;

  private final Map<Long, String> live = new HashMap<>();

  /** In the order of removal. */
  private final Map<Long, Removed> removed = new LinkedHashMap<>();

  private final List<CgroupListener> listeners = new ArrayList<>();

  private boolean listed;

  /** Whether somebody tells of all that comes and goes, so that there is nothing to list again. */
  private boolean watched;

  private long lastListing;
  private long nextListing;
  private String problem = "";

  private record Removed(String path, long at) {}

  public Cgroups(CgroupSource source) {
    this(source, System::nanoTime);
  }

  Cgroups(CgroupSource source, LongSupplier nanoTime) {
    this.source = source;
    this.nanoTime = nanoTime;
  }

  /**
   * The path of a cgroup as it is, or was, below the mount point, which is part of it: {@code
   * /sys/fs/cgroup/system.slice/ssh.service}. Null when there is no such cgroup, or it is not known
   * yet.
   */
  public synchronized @Nullable String path(long id) {
    String path = known(id);
    if (path != null) {
      return path;
    }
    path = source.one(id);
    if (path != null) {
      add(id, path);
      return path;
    }
    return listAgain() ? known(id) : null;
  }

  /** Why cgroups could not be listed the last time, in one line; empty when they could. */
  public synchronized String problem() {
    return problem;
  }

  /**
   * Tells a listener of all cgroups that exist, and then of those that come and go: at once where
   * {@link #made} and {@link #removed} are called, else when they are listed again.
   */
  public synchronized void listen(CgroupListener listener) {
    listAgain();
    live.forEach(listener::added);
    listeners.add(listener);
  }

  /** Ends what {@link #listen} began: no call is made to the listener after this one. */
  public synchronized void unlisten(CgroupListener listener) {
    listeners.remove(listener);
  }

  /**
   * Says that every cgroup that comes or goes is told from now on, or that this is no longer so.
   * When it begins, cgroups are listed once more, for those that came before.
   */
  public synchronized void watch(boolean told) {
    if (told && !watched) {
      watched = list();
    } else {
      watched = told;
    }
  }

  /** A cgroup was made below another one; ignored when it is gone since, or was made elsewhere. */
  public synchronized void made(long parent, String name) {
    String path = child(parent, name);
    if (path != null) {
      // Ids never come again: whichever cgroup is there now, it has this path.
      source.id(path).ifPresent(id -> add(id, path));
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
  public synchronized void refresh() {
    if (!listeners.isEmpty() || nanoTime.getAsLong() - lastListing > STALE) {
      listAgain();
    }
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

  private void add(long id, String path) {
    if (!path.equals(live.put(id, path))) {
      removed.remove(id);
      listeners.forEach(listener -> listener.added(id, path));
    }
  }

  private void remove(long id) {
    String path = live.remove(id);
    if (path != null) {
      remember(id, path);
      listeners.forEach(listener -> listener.removed(id, path));
    }
  }

  private void remember(long id, String path) {
    removed.put(id, new Removed(path, nanoTime.getAsLong()));
    if (removed.size() > MOST_REMEMBERED) {
      removed.remove(removed.keySet().iterator().next());
    }
  }

  private boolean listAgain() {
    if (watched || (listed && nanoTime.getAsLong() - nextListing < 0)) {
      return false;
    }
    return list();
  }

  /** Whether it could be done. */
  private boolean list() {
    long begin = nanoTime.getAsLong();
    try {
      Map<Long, String> all = source.all();
      all.forEach(this::add);
      for (long id : List.copyOf(live.keySet())) {
        if (!all.containsKey(id)) {
          remove(id);
        }
      }
      problem = "";
    } catch (IOException e) {
      problem = "cgroups: " + e.getMessage();
    }
    long end = nanoTime.getAsLong();
    removed.values().removeIf(gone -> end - gone.at() > REMEMBERED);
    nextListing = end + Math.max(PAUSE, PAUSE_PER_DURATION * (end - begin));
    lastListing = end;
    listed = true;
    return problem.isEmpty();
  }
}
