package io.ebpfagent.cgroup;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  private final CgroupSource source;
  private final LongSupplier nanoTime;

  private final Map<Long, String> live = new HashMap<>();

  /** In the order of removal. */
  private final Map<Long, Removed> removed = new LinkedHashMap<>();

  private final List<CgroupListener> listeners = new ArrayList<>();

  private boolean listed;

  /** Whether somebody tells of all that comes and goes, so that there is nothing to list again. */
  private boolean watched;

  private long nextListing;
  private @Nullable String problem;

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
      added(id, path);
      return path;
    }
    return listAgain() ? known(id) : null;
  }

  /**
   * All cgroups that exist, id to path, as of a listing made now if the last one is a second old.
   */
  public synchronized Map<Long, String> all() {
    listAgain();
    return Map.copyOf(live);
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
   * Says that every cgroup that comes or goes is told from now on, or that this has ended. At the
   * beginning cgroups are listed once more, for those that came before.
   */
  public synchronized void watch(boolean begins) {
    if (begins && !watched) {
      relist();
    }
    watched = begins && problem == null;
  }

  /** Lists all cgroups now. */
  public synchronized void relist() {
    list(nanoTime.getAsLong());
  }

  /**
   * Lists all cgroups for those who listen, if there are any, unless that was done so recently that
   * it would take too much of the time.
   */
  public synchronized void refreshForListeners() {
    if (!listeners.isEmpty()) {
      listAgain();
    }
  }

  /** A cgroup was made below another one; ignored when it is gone since, or was made elsewhere. */
  public synchronized void made(long parent, String name) {
    String path = path(parent, name);
    if (path != null) {
      // Ids never come again: whichever cgroup is there now, it has this path.
      source.id(path).ifPresent(id -> added(id, path));
    }
  }

  /** A cgroup below another one was removed; its path stays known for a while. */
  public synchronized void removed(long parent, String name, long id) {
    if (live.containsKey(id)) {
      removed(id);
      return;
    }
    // It was gone before its id could be learnt.
    String path = path(parent, name);
    if (path != null) {
      remember(id, path, nanoTime.getAsLong());
    }
  }

  private @Nullable String path(long parent, String name) {
    String path = known(parent);
    if (path == null) {
      path = source.one(parent);
    }
    return path == null ? null : path + "/" + name;
  }

  /** Why cgroups can't be told, in one line; empty when they can. */
  public synchronized Optional<String> problem() {
    listAgain();
    return Optional.ofNullable(problem);
  }

  /** A cgroup was made. */
  public synchronized void added(long id, String path) {
    removed.remove(id);
    if (!path.equals(live.put(id, path))) {
      listeners.forEach(listener -> listener.added(id, path));
    }
  }

  /** A cgroup was removed; its path stays known for a while. */
  public synchronized void removed(long id) {
    String path = live.remove(id);
    if (path != null) {
      remember(id, path, nanoTime.getAsLong());
      listeners.forEach(listener -> listener.removed(id, path));
    }
  }

  private @Nullable String known(long id) {
    String path = live.get(id);
    if (path != null) {
      return path;
    }
    Removed gone = removed.get(id);
    return gone == null || nanoTime.getAsLong() - gone.at() > REMEMBERED ? null : gone.path();
  }

  private boolean listAgain() {
    long now = nanoTime.getAsLong();
    if (watched || (listed && now - nextListing < 0)) {
      return false;
    }
    list(now);
    return true;
  }

  private void list(long now) {
    try {
      Map<Long, String> all = source.all();
      all.forEach(this::added);
      for (long id : List.copyOf(live.keySet())) {
        if (!all.containsKey(id)) {
          removed(id);
        }
      }
      problem = null;
    } catch (IOException e) {
      problem = "cgroups: " + e.getMessage();
    }
    removed.values().removeIf(gone -> now - gone.at() > REMEMBERED);
    long end = nanoTime.getAsLong();
    nextListing = end + Math.max(PAUSE, PAUSE_PER_DURATION * (end - now));
    listed = true;
  }

  private void remember(long id, String path, long now) {
    removed.put(id, new Removed(path, now));
    if (removed.size() > MOST_REMEMBERED) {
      removed.remove(removed.keySet().iterator().next());
    }
  }
}
