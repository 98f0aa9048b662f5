// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The folder in which a daemon pins its metrics, as its readers see it:
 *
 * <pre>
 * DIR/heartbeat            two u64 in host byte order: time of the last heartbeat, and time now;
 *                          nanoseconds of the kernel's CLOCK_MONOTONIC, the reading process's clock
 *                          does not matter
 * DIR/configs              the names of the folders below, a line each, in the daemon's order;
 *                          replaced by a new file whenever one of the folders is replaced
 * DIR/CONFIG/config-yaml   the config's YAML
 * DIR/CONFIG/shapes        for each map a line, {@link RowShape#line}
 * DIR/CONFIG/rows/MAP      the map's rows, each its key followed by its values
 * </pre>
 *
 * The kernel generates the contents of all of them as they are read. Thread-safe.
 */
public final class PinnedFolder {
  public static final String HEARTBEAT = "heartbeat";
  public static final String CONFIGS = "configs";
  public static final String YAML = "config-yaml";
  public static final String SHAPES = "shapes";
  public static final String ROWS = "rows";

  private static final int MOST_NAMES_BYTES = 1 << 20;
  private static final String PLAIN =
      "-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

  private final Path dir;

  private @Nullable FileStamp stamp;
  private Map<String, PinnedRows> configs = Map.of();
  private Map<String, String> problems = Map.of();

  public PinnedFolder(Path dir) {
    this.dir = dir;
  }

  /**
   * Returns the name of a config's folder. A BPF file system allows no dots in names, and some
   * names are reserved, so such characters are escaped.
   */
  public static String folder(String config) {
    StringBuilder folder = new StringBuilder();
    boolean taken = config.equals(HEARTBEAT) || config.equals(CONFIGS);
    for (byte b : config.getBytes(UTF_8)) {
      if (PLAIN.indexOf(b) >= 0 && !taken) {
        folder.append((char) b);
      } else {
        folder.append("%%%02X".formatted(b));
      }
    }
    return folder.toString();
  }

  /**
   * Returns the name of a folder's config.
   *
   * @throws IllegalArgumentException when the name is not that of a config's folder
   */
  static String config(String folder) {
    ByteArrayOutputStream name = new ByteArrayOutputStream();
    for (int i = 0; i < folder.length(); i++) {
      if (folder.charAt(i) == '%' && i + 2 < folder.length()) {
        name.write(Integer.parseInt(folder.substring(i + 1, i + 3), 16));
        i += 2;
      } else {
        name.write(folder.charAt(i));
      }
    }
    String config = name.toString(UTF_8);
    if (config.isEmpty() || !folder(config).equals(folder)) {
      throw new IllegalArgumentException("no config's folder: " + folder);
    }
    return config;
  }

  /**
   * Returns the age of the daemon's last heartbeat, in nanoseconds.
   *
   * @throws IOException when nothing is pinned, or it can't be read
   */
  public long silenceNanos() throws IOException {
    Path file = dir.resolve(HEARTBEAT);
    byte[] bytes;
    try {
      bytes = PinnedFile.read(file, 2 * Long.BYTES);
    } catch (IOException e) {
      throw new IOException(file + ": " + PinnedFile.reason(e), e);
    }
    if (bytes.length != 2 * Long.BYTES) {
      throw new IOException(file + ": no heartbeat, " + bytes.length + " bytes");
    }
    ByteBuffer times = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    long beat = times.getLong();
    return Math.max(0, times.getLong() - beat);
  }

  /**
   * Checks whether the pinned configs changed. A config whose file is the same keeps its object.
   *
   * @return whether anything changed
   * @throws IOException when the folder can't be read
   */
  public synchronized boolean refresh() throws IOException {
    Path list = dir.resolve(CONFIGS);
    FileStamp now;
    String names;
    try {
      now = FileStamp.of(list);
      if (now.equals(stamp) && problems.isEmpty()) {
        return false;
      }
      names = new String(PinnedFile.read(list, MOST_NAMES_BYTES), UTF_8);
    } catch (IOException e) {
      throw new IOException(list + ": " + PinnedFile.reason(e), e);
    }
    Map<String, PinnedRows> read = new LinkedHashMap<>();
    Map<String, String> failed = new HashMap<>();
    for (String folder : names.lines().toList()) {
      try {
        String config = config(folder);
        PinnedRows before = configs.get(config);
        read.put(
            config,
            before != null && before.isCurrent() ? before : PinnedRows.open(dir.resolve(folder)));
      } catch (IOException | IllegalArgumentException e) {
        failed.put(folder, String.valueOf(e.getMessage()));
      }
    }
    boolean changed =
        !new ArrayList<>(read.entrySet()).equals(new ArrayList<>(configs.entrySet()))
            || !failed.equals(problems);
    stamp = now;
    configs = read;
    problems = failed;
    return changed;
  }

  /** Returns the configs that {@link #refresh} found, by name, in the daemon's order. */
  public synchronized Map<String, PinnedRows> configs() {
    return new LinkedHashMap<>(configs);
  }

  /** Returns why some configs could not be read, a line each. */
  public synchronized List<String> problems() {
    return problems.values().stream().sorted().toList();
  }
}
