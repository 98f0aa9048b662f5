// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.pin;

import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.config.Config;
import io.ebpfagent.linux.FolderLock;
import io.ebpfagent.log.Log;
import io.ebpfagent.rows.PinnedFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder of a BPF file system in which other processes find the metrics' rows; {@link
 * PinnedFolder} describes its layout. It belongs to the process that made it, and others can only
 * read. It is removed when the process ends; if the process was killed, the next one takes it over.
 */
public final class PinFolder implements AutoCloseable {
  private static final long BEAT_SECONDS = 1;

  /**
   * Folders for new files before they are shown, and for old ones before they are removed. No
   * config can have these names.
   */
  private static final String NEW = "%new";

  private static final String OLD = "%old";

  /** What a config's folder may contain, including the files of former versions. */
  private static final Set<String> FILES =
      Set.of(PinnedFolder.ROWS, PinnedFolder.SHAPES, PinnedFolder.YAML, "maps", "config");

  private final Path dir;
  private final Access access;
  private final FolderLock lock;
  private final Log log;
  private final Heartbeat heartbeat;
  private final CountDownLatch ended = new CountDownLatch(1);

  // The fields up to "closed" are guarded by this.
  private Map<String, AttachedConfig> shown = Map.of();
  private boolean closed;

  private PinFolder(Path dir, Access access, FolderLock lock, Log log)
      throws IOException, BpfException {
    this.dir = dir;
    this.access = access;
    this.lock = lock;
    this.log = log;
    takeOver();
    Path file = dir.resolve(PinnedFolder.HEARTBEAT);
    heartbeat = Heartbeat.pin(file, log);
    try {
      access.letRead(file);
    } catch (IOException | RuntimeException | Error e) {
      heartbeat.close();
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /**
   * Makes the folder, or takes over one that a former process left, and pins the configs' rows.
   * After that the caller has to call {@link #beat} repeatedly.
   *
   * @param groupName the group that may read besides the owner; null for everyone, but then without
   *     the rows whose labels are addresses of the kernel
   * @throws IOException when the folder can't be used or rows can't be pinned; the message says why
   *     and what to do, and nothing is left
   */
  public static PinFolder pin(
      Path dir, @Nullable String groupName, List<AttachedConfig> configs, Log log)
      throws IOException {
    Path folder = dir.toAbsolutePath().normalize();
    Access access = Access.of(folder, groupName);
    PinPlace.Taken taken = PinPlace.take(folder);
    PinFolder pins;
    try {
      pins = new PinFolder(folder, access, taken.lock(), log);
    } catch (BpfException e) {
      giveUp(folder, taken);
      throw new IOException(
          e.getMessage()
              + "; pinning takes iterators over maps, which Linux 5.9 and later have unless the host denies them",
          e);
    } catch (IOException | RuntimeException | Error e) {
      giveUp(folder, taken);
      throw e;
    }
    try {
      pins.replace(configs);
      pins.say();
      access.letIntoFolder(folder);
      return pins;
    } catch (IOException | RuntimeException | Error e) {
      pins.close(taken.made());
      throw e;
    }
  }

  /** Removes the folder if it was made here and is empty; other contents are not ours and stay. */
  private static void giveUp(Path folder, PinPlace.Taken taken) {
    try (FolderLock _ = taken.lock()) {
      if (taken.made()) {
        Files.delete(folder);
      }
    } catch (IOException e) {
      // The folder is not empty.
    }
  }

  /** Removes what is left of a process that did not end properly. */
  private void takeOver() throws IOException {
    List<Path> leftovers = list(dir);
    int configs = 0;
    for (Path leftover : leftovers) {
      configs += requireLeftover(leftover) ? 1 : 0;
    }
    for (Path leftover : leftovers) {
      remove(leftover);
    }
    if (!leftovers.isEmpty()) {
      log.info(
          "%s: removed the maps of %s configs that a former exporter left".formatted(dir, configs));
    }
  }

  /** Checks that an entry was left by an exporter; returns whether it is a config's folder. */
  private boolean requireLeftover(Path leftover) throws IOException {
    String name = leftover.getFileName().toString();
    boolean folder = Files.isDirectory(leftover, LinkOption.NOFOLLOW_LINKS);
    if (folder && (name.equals(NEW) || name.equals(OLD))) {
      return false;
    }
    boolean config =
        folder
            && list(leftover).stream()
                .map(file -> file.getFileName().toString())
                .allMatch(FILES::contains);
    boolean file = name.equals(PinnedFolder.HEARTBEAT) || name.equals(PinnedFolder.CONFIGS);
    if (!config && (folder || !file)) {
      throw new IOException(
          "%s is nothing an exporter left; a folder for its maps alone is needed, %s is not"
              .formatted(leftover, dir));
    }
    return config;
  }

  /**
   * Shows the rows of these configs, and no others. The files of configs that are shown already
   * stay as they are.
   *
   * @throws IOException when some can't be pinned; then the previous ones are still there
   */
  public synchronized void replace(List<AttachedConfig> configs) throws IOException {
    Map<String, AttachedConfig> next = new LinkedHashMap<>();
    List<String> secret = new ArrayList<>();
    for (AttachedConfig attached : configs) {
      Config config = attached.config().readable();
      if (access.everyone() && config.hasKernelAddresses()) {
        secret.add(config.name());
      } else if (!config.metrics().isEmpty()) {
        next.put(PinnedFolder.folder(config.name()), attached);
      }
    }
    try {
      stage(next);
      swap(next);
    } catch (BpfException e) {
      throw new IOException(e.getMessage(), e);
    } finally {
      removeIfThere(dir.resolve(NEW));
      removeIfThere(dir.resolve(OLD));
    }
    shown = next;
    if (!secret.isEmpty()) {
      log.warning(
          "%s: not pinned, for everyone could read the kernel's addresses there: %s; --pin.group says who may"
              .formatted(dir, String.join(", ", secret)));
    }
  }

  /** Creates the new files in a folder that readers can't see. */
  private void stage(Map<String, AttachedConfig> next) throws BpfException, IOException {
    Path stage = makeHidden(NEW);
    makeHidden(OLD);
    try (ConfigFiles files = new ConfigFiles(access, log)) {
      for (Map.Entry<String, AttachedConfig> config : next.entrySet()) {
        if (shown.get(config.getKey()) != config.getValue()) {
          files.pin(config.getValue(), stage.resolve(config.getKey()));
        }
      }
      String names = String.join("\n", next.keySet());
      files.pinText(names, stage.resolve(PinnedFolder.CONFIGS));
    }
  }

  private Path makeHidden(String name) throws IOException {
    return Files.createDirectory(
        dir.resolve(name),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
  }

  /**
   * Moves the old files away and the new ones in. The list is moved last, because readers read it
   * first.
   */
  private void swap(Map<String, AttachedConfig> next) throws IOException {
    Deque<Path[]> moved = new ArrayDeque<>();
    try {
      for (Map.Entry<String, AttachedConfig> config : shown.entrySet()) {
        if (next.get(config.getKey()) != config.getValue()) {
          move(config.getKey(), "", OLD, moved);
        }
      }
      for (Map.Entry<String, AttachedConfig> config : next.entrySet()) {
        if (shown.get(config.getKey()) != config.getValue()) {
          move(config.getKey(), NEW, "", moved);
        }
      }
      move(PinnedFolder.CONFIGS, NEW, "", moved);
    } catch (IOException e) {
      for (Path[] move : moved) {
        Files.move(move[1], move[0], StandardCopyOption.ATOMIC_MOVE);
      }
      throw e;
    }
  }

  private void move(String name, String from, String to, Deque<Path[]> moved) throws IOException {
    Path[] move = {dir.resolve(from).resolve(name), dir.resolve(to).resolve(name)};
    Files.move(move[0], move[1], StandardCopyOption.ATOMIC_MOVE);
    moved.push(move);
  }

  private void removeIfThere(Path path) {
    try {
      if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
        remove(path);
      }
    } catch (IOException e) {
      log.warning(path + " could not be removed: " + e.getMessage());
    }
  }

  private void say() throws IOException {
    log.info(
        "maps of %s configs pinned in %s, to be read by %s".formatted(shown.size(), dir, access));
    // systemd lets only root into /sys/fs/bpf.
    for (Path above = dir.getParent(); above != null; above = above.getParent()) {
      if (!Files.getPosixFilePermissions(above).contains(PosixFilePermission.OTHERS_EXECUTE)) {
        log.warning(
            "%1$s: other users can't get there, %2$s is closed to them: chmod o+x %2$s"
                .formatted(dir, above));
      }
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }

  private static void remove(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      for (Path entry : list(path)) {
        remove(entry);
      }
    }
    Files.delete(path);
  }

  /**
   * Records that this process is alive, and waits a second.
   *
   * @return whether to call again; false once the folder is closed
   */
  public boolean beat() throws BpfException, InterruptedException {
    heard();
    return !ended.await(BEAT_SECONDS, TimeUnit.SECONDS);
  }

  void heard() throws BpfException {
    heartbeat.beat();
  }

  /** Removes the folder. The maps stay for as long as a process has them open. */
  @Override
  public void close() {
    close(true);
  }

  /**
   * @param wholly whether to remove the folder, too, and not only its contents
   */
  private synchronized void close(boolean wholly) {
    if (closed) {
      return;
    }
    closed = true;
    ended.countDown();
    try {
      // Removed first, because readers read it first.
      Files.deleteIfExists(dir.resolve(PinnedFolder.CONFIGS));
      if (wholly) {
        remove(dir);
      } else {
        for (Path entry : list(dir)) {
          remove(entry);
        }
      }
    } catch (IOException e) {
      log.warning(dir + " could not be removed: " + e.getMessage());
    }
    heartbeat.close();
    lock.close();
  }
}
