// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.Pins;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.Metric;
import io.ebpfagent.linux.FolderLock;
import io.ebpfagent.log.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of a BPF file system where other processes find the metrics' maps:
 *
 * <pre>
 * DIR/CONFIG/maps/METRIC   the metric's map
 * DIR/CONFIG/rows/METRIC   the map's rows, for whoever can read a file and no map: see {@link
 *                          Pins#pinRows}; not of every type of map
 * DIR/CONFIG/config-yaml   the config's YAML, as such a file
 * DIR/CONFIG/config        the config's YAML, as a map of one value; there once the maps are
 * </pre>
 *
 * All of it belongs to the process that made it, and others can only read. It goes with the
 * process, or is taken over by the next one when that could not be.
 */
public final class PinFolder implements AutoCloseable {
  static final String MAPS = "maps";
  private static final String ROWS = "rows";
  private static final String YAML = "config-yaml";
  static final String CONFIG = "config";

  private final Path dir;
  private final @Nullable GroupPrincipal group;
  private final FolderLock lock;
  private final Log log;
  private boolean closed;

  private PinFolder(Path dir, @Nullable GroupPrincipal group, FolderLock lock, Log log) {
    this.log = log;
    this.dir = dir;
    this.group = group;
    this.lock = lock;
  }

  /**
   * Makes the folder, or takes over the one that a former process left, and pins the maps.
   *
   * @param groupName who may read besides the owner; null for everyone
   * @throws IOException when the folder can't be had, or a map not be pinned; the message says why
   *     and what to do, and nothing is left
   */
  public static PinFolder pin(
      Path dir, @Nullable String groupName, List<AttachedConfig> configs, Log log)
      throws IOException {
    PinFolder pins = open(dir, groupName, log);
    try {
      for (AttachedConfig config : configs) {
        pins.pin(config);
      }
      pins.say(configs, groupName);
      return pins;
    } catch (BpfException e) {
      pins.close();
      throw new IOException(e.getMessage(), e);
    } catch (IOException e) {
      pins.close();
      throw e;
    }
  }

  private static PinFolder open(Path dir, @Nullable String groupName, Log log) throws IOException {
    Path folder = dir.toAbsolutePath().normalize();
    GroupPrincipal group = groupName == null ? null : group(folder, groupName);
    requireBpfFileSystem(folder);
    if (Files.notExists(folder)) {
      Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(Set.of()));
    }
    requireOursAlone(folder);
    Optional<FolderLock> lock = FolderLock.tryLock(folder);
    if (lock.isEmpty()) {
      throw new IOException(folder + ": another exporter pins its maps there");
    }
    PinFolder pins = new PinFolder(folder, group, lock.get(), log);
    try {
      pins.takeOver();
      pins.allow(folder, true);
      return pins;
    } catch (IOException e) {
      lock.get().close();
      throw e;
    }
  }

  private static GroupPrincipal group(Path dir, String name) throws IOException {
    try {
      return dir.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(name);
    } catch (UserPrincipalNotFoundException e) {
      throw new IOException("there is no group " + name, e);
    }
  }

  private static void requireBpfFileSystem(Path dir) throws IOException {
    Path existing = dir;
    while (existing != null && Files.notExists(existing)) {
      existing = existing.getParent();
    }
    if (existing == null || !isInBpfFileSystem(existing)) {
      throw new IOException(
          dir + " is in no BPF file system: mount -t bpf bpf /sys/fs/bpf, and take a folder there");
    }
    Path parent = dir.getParent();
    if (parent == null || Files.notExists(parent)) {
      throw new IOException(dir + ": there is no folder " + parent);
    }
  }

  private static boolean isInBpfFileSystem(Path path) {
    try {
      return Files.getFileStore(path).type().equals("bpf");
    } catch (IOException e) {
      // No mount has it: this process's root is a folder of another's, and it is in that.
      return false;
    }
  }

  private static void requireOursAlone(Path dir) throws IOException {
    Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(dir);
    if (permissions.contains(PosixFilePermission.GROUP_WRITE)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException(
          "%s: others may write there (%s), which would let them pass off maps as ours"
              .formatted(dir, PosixFilePermissions.toString(permissions)));
    }
    Object owner = Files.getAttribute(dir, "unix:uid");
    if (!owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
      throw new IOException(dir + " belongs to another user, " + Files.getOwner(dir).getName());
    }
  }

  /** Removes what a process left that did not end well. */
  private void takeOver() throws IOException {
    List<Path> leftovers = list(dir);
    for (Path leftover : leftovers) {
      requireConfigFolder(leftover);
    }
    for (Path leftover : leftovers) {
      remove(leftover);
    }
    if (!leftovers.isEmpty()) {
      log.info(
          "%s: removed the maps of %d configs that a former exporter left"
              .formatted(dir, leftovers.size()));
    }
  }

  private void requireConfigFolder(Path folder) throws IOException {
    boolean isOne =
        Files.isDirectory(folder)
            && list(folder).stream()
                .map(file -> file.getFileName().toString())
                .allMatch(Set.of(MAPS, ROWS, YAML, CONFIG)::contains);
    if (!isOne) {
      throw new IOException(
          "%s is nothing an exporter left; a folder for its maps alone is needed, %s is not"
              .formatted(folder, dir));
    }
  }

  private void pin(AttachedConfig attached) throws BpfException, IOException {
    Config config = attached.config().readable();
    if (config.metrics().isEmpty()) {
      return;
    }
    Path folder = makeFolder(dir.resolve(ConfigFolder.of(config.name())));
    Path maps = makeFolder(folder.resolve(MAPS));
    Path rows = makeFolder(folder.resolve(ROWS));
    for (Metric metric : config.metrics()) {
      BpfMap map = attached.map(metric.name());
      Path path = maps.resolve(metric.name());
      Pins.pin(map, path);
      allow(path, false);
      pinFile(rows.resolve(metric.name()), file -> Pins.pinRows(map, file));
    }
    Path description = folder.resolve(CONFIG);
    Pins.pinText(config.text(), description);
    pinFile(folder.resolve(YAML), file -> Pins.pinTextFile(config.text(), file));
    allow(description, false);
  }

  @FunctionalInterface
  private interface Pinning {
    void pin(Path path) throws BpfException;
  }

  /** Files take iterators, which not every kernel has; there are the maps to read. */
  private void pinFile(Path path, Pinning pinning) throws IOException {
    try {
      pinning.pin(path);
    } catch (BpfException e) {
      log.info(path + " is left out: " + e.getMessage());
      return;
    }
    allow(path, false);
  }

  private Path makeFolder(Path folder) throws IOException {
    Files.createDirectory(folder);
    allow(folder, true);
    return folder;
  }

  /** Lets readers in, and nobody write. */
  private void allow(Path path, boolean folder) throws IOException {
    String readers = group == null ? "r-xr-x" : "r-x---";
    String permissions = folder ? "rwx" + readers : "r--" + readers.replace('x', '-');
    if (group != null) {
      Files.setAttribute(path, "posix:group", group);
    }
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  private void say(List<AttachedConfig> configs, @Nullable String groupName) throws IOException {
    log.info(
        "maps of %d configs pinned in %s, to be read by %s"
            .formatted(
                configs.size(), dir, groupName == null ? "everyone" : "the group " + groupName));
    // systemd mounts /sys/fs/bpf for root alone.
    for (Path above = dir.getParent(); above != null; above = above.getParent()) {
      if (!Files.getPosixFilePermissions(above).contains(PosixFilePermission.OTHERS_EXECUTE)) {
        log.warning(
            "%1$s: other users can't get there, %2$s is closed to them: chmod o+x %2$s"
                .formatted(dir, above));
      }
    }
    String addresses =
        configs.stream()
            .map(AttachedConfig::config)
            .filter(config -> config.readable().hasKernelAddresses())
            .map(Config::name)
            .collect(Collectors.joining(", "));
    if (groupName == null && !addresses.isEmpty()) {
      log.warning(
          "%s: everyone may read the kernel's addresses there (%s); --pin.group says who"
              .formatted(dir, addresses));
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }

  private static void remove(Path path) throws IOException {
    if (Files.isDirectory(path)) {
      for (Path entry : list(path)) {
        remove(entry);
      }
    }
    Files.delete(path);
  }

  /**
   * Shows the maps of other configs instead.
   *
   * @throws IOException when one can't be pinned
   */
  public void replace(List<AttachedConfig> configs) throws IOException {
    try {
      for (Path folder : list(dir)) {
        remove(folder);
      }
      for (AttachedConfig config : configs) {
        pin(config);
      }
    } catch (BpfException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** Removes the folder. The maps stay for as long as someone has them open. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      remove(dir);
    } catch (IOException e) {
      log.warning(dir + " could not be removed: " + e.getMessage());
    }
    lock.close();
  }
}
