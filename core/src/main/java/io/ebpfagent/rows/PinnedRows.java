// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** One pinned config: its YAML, and a file of rows for each of its maps. No file is kept open. */
public final class PinnedRows implements ConfigRows {
  private static final int MOST_TEXT_BYTES = 16 << 20;

  private final Path folder;
  private final FileStamp stamp;
  private final String yaml;
  private final Map<String, RowFile> files = new LinkedHashMap<>();

  private PinnedRows(Path folder, FileStamp stamp, String yaml) {
    this.folder = folder;
    this.stamp = stamp;
    this.yaml = yaml;
  }

  /**
   * Reads the files that do not change while they are pinned.
   *
   * @throws IOException when one can't be read; the message names it and the reason
   */
  static PinnedRows open(Path folder) throws IOException {
    PinnedRows rows =
        new PinnedRows(folder, stamp(folder), text(folder.resolve(PinnedFolder.YAML)));
    Path shapes = folder.resolve(PinnedFolder.SHAPES);
    try {
      text(shapes).lines().map(RowShape::parse).forEach(rows::add);
    } catch (IllegalArgumentException e) {
      throw new IOException(shapes + ": " + e.getMessage(), e);
    }
    if (!rows.isCurrent()) {
      throw new IOException(folder + " was pinned anew");
    }
    return rows;
  }

  private void add(RowShape shape) {
    if (shape.name().isEmpty() || shape.name().indexOf('/') >= 0) {
      throw new IllegalArgumentException("no name of a map: " + shape.name());
    }
    Path file = folder.resolve(PinnedFolder.ROWS).resolve(shape.name());
    files.put(shape.name(), new RowFile(this, file, shape));
  }

  /** Whether the folder is still the one that was opened, and not another of the same name. */
  boolean isCurrent() {
    try {
      return stamp(folder).equals(stamp);
    } catch (IOException e) {
      return false;
    }
  }

  private static FileStamp stamp(Path folder) throws IOException {
    Path yaml = folder.resolve(PinnedFolder.YAML);
    try {
      return FileStamp.of(yaml);
    } catch (IOException e) {
      throw new IOException(yaml + ": " + PinnedFile.reason(e), e);
    }
  }

  private static String text(Path file) throws IOException {
    try {
      return new String(PinnedFile.read(file, MOST_TEXT_BYTES), UTF_8);
    } catch (IOException e) {
      throw new IOException(file + ": " + PinnedFile.reason(e), e);
    }
  }

  /** The config's YAML. */
  public String yaml() {
    return yaml;
  }

  /** Whether a map's rows are pinned: the kernel can't list the rows of some map types. */
  public boolean has(String map) {
    return files.containsKey(map);
  }

  @Override
  public RowSource rows(String map) {
    RowFile file = files.get(map);
    if (file == null) {
      throw new IllegalArgumentException(folder + " has no rows of " + map);
    }
    return file;
  }

  /** Events have no rows. */
  @Override
  public EventReader events(String map) {
    throw new IllegalArgumentException(folder + " has no events of " + map);
  }
}
