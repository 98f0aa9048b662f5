// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

import java.util.HashMap;
import java.util.Map;

/**
 * Format of a map's rows. A value is a {@code u64} in host byte order; a row of a per-CPU map has
 * one for each possible CPU.
 *
 * @param name the map's name
 * @param keySize a key's size in bytes
 * @param perCpu whether each CPU has a value of its own
 * @param cpus how many values a row has: the number of possible CPUs for a per-CPU map, else 1
 * @param maxEntries how many rows the map may have
 * @param canFill whether a new key can find the map full: true for a hash that doesn't evict
 */
public record RowShape(
    String name, int keySize, boolean perCpu, int cpus, long maxEntries, boolean canFill) {
  /**
   * Limit of a row in a pinned file: the kernel has a buffer of eight pages, of up to 64 KB each.
   */
  private static final int MOST_ROW_BYTES = 8 * 65_536;

  /** Size in bytes of a row in a file: its key and its values. */
  public int rowBytes() {
    return keySize + cpus * Long.BYTES;
  }

  /**
   * Returns the shape as a line of the file that is pinned beside the rows; {@link #parse} reads
   * it.
   */
  public String line() {
    return "name=%s key_size=%s value_size=%s per_cpu=%b values=%s max_entries=%s can_fill=%b"
        .formatted(name, keySize, Long.BYTES, perCpu, cpus, maxEntries, canFill);
  }

  /**
   * Parses a line that {@link #line} wrote, and ignores fields that a later version may add.
   *
   * @throws IllegalArgumentException when it is not such a line, or a value is out of range
   */
  public static RowShape parse(String line) {
    Map<String, String> fields = new HashMap<>();
    for (String field : line.split(" ", -1)) {
      int equals = field.indexOf('=');
      if (equals > 0) {
        fields.put(field.substring(0, equals), field.substring(equals + 1));
      }
    }
    RowShape shape =
        new RowShape(
            field(fields, "name"),
            Integer.parseInt(field(fields, "key_size")),
            Boolean.parseBoolean(field(fields, "per_cpu")),
            Integer.parseInt(field(fields, "values")),
            Long.parseLong(field(fields, "max_entries")),
            Boolean.parseBoolean(field(fields, "can_fill")));
    boolean possible =
        shape.keySize > 0
            && shape.cpus > 0
            && shape.keySize <= MOST_ROW_BYTES
            && shape.cpus <= MOST_ROW_BYTES / Long.BYTES
            && Integer.parseInt(field(fields, "value_size")) == Long.BYTES;
    if (!possible) {
      throw new IllegalArgumentException("no shape of rows: " + line);
    }
    return shape;
  }

  private static String field(Map<String, String> fields, String name) {
    String value = fields.get(name);
    if (value == null) {
      throw new IllegalArgumentException("a shape of rows without " + name);
    }
    return value;
  }
}
