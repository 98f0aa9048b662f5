package io.ebpfagent.cgroup;

import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
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
 * cgroups as they come and go tells {@link #added} and {@link #removed}, and the listing becomes
 * rare.
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

  private Map<Long, String> live = new HashMap<>();

  /** In the order of removal. */
  private final Map<Long, Removed> removed = new LinkedHashMap<>();

  private boolean listed;
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

  /** Why cgroups can't be told, in one line; empty when they can. */
  public synchronized Optional<String> problem() {
    listAgain();
    return Optional.ofNullable(problem);
  }

  /** A cgroup was made. */
  public synchronized void added(long id, String path) {
    live.put(id, path);
    removed.remove(id);
  }

  /** A cgroup was removed; its path stays known for a while. */
  public synchronized void removed(long id) {
    String path = live.remove(id);
    if (path != null) {
      remember(id, path, nanoTime.getAsLong());
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
    if (listed && now - nextListing < 0) {
      return false;
    }
    try {
      Map<Long, String> all = source.all();
      Map<Long, String> before = live;
      live = new HashMap<>(all);
      all.keySet().forEach(removed::remove);
      before.forEach(
          (id, path) -> {
            if (!all.containsKey(id)) {
              remember(id, path, now);
            }
          });
      problem = null;
    } catch (IOException e) {
      problem = "cgroups: " + e.getMessage();
    }
    removed.values().removeIf(gone -> now - gone.at() > REMEMBERED);
    long end = nanoTime.getAsLong();
    nextListing = end + Math.max(PAUSE, PAUSE_PER_DURATION * (end - now));
    listed = true;
    return true;
  }

  private void remember(long id, String path, long now) {
    removed.put(id, new Removed(path, now));
    if (removed.size() > MOST_REMEMBERED) {
      removed.remove(removed.keySet().iterator().next());
    }
  }
}
