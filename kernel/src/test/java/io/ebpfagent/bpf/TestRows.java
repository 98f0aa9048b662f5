// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import io.ebpfagent.NativeBytes;
import io.ebpfagent.TestObjects;
import io.ebpfagent.linux.Cpus;
import io.ebpfagent.log.Log;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** Writes and reads rows of maps-only.bpf.o's maps. */
final class TestRows {
  /** A row as a cursor returned it: the key in hex, and the value on each CPU. */
  record Row(String key, List<Long> values) {
    static Row of(byte[] key, long... values) {
      return new Row(HexFormat.of().formatHex(key), Arrays.stream(values).boxed().toList());
    }
  }

  private TestRows() {}

  static BpfObject load() throws BpfException {
    return OpenBpfObject.open("maps-only.bpf.o", TestObjects.bytes("maps-only"), null, Log.NONE)
        .load();
  }

  static BpfMap map(BpfObject object, String name) {
    return object.map(name).orElseThrow();
  }

  /** Returns a value for every possible CPU: {@code first}, {@code first + 1} and so on. */
  static long[] perCpu(long first) {
    long[] values = new long[Cpus.possible()];
    Arrays.setAll(values, cpu -> first + cpu);
    return values;
  }

  /** Stores a row, and returns it as a cursor should. */
  static Row put(BpfMap map, byte[] key, long... values) throws BpfException {
    map.update(key, NativeBytes.u64s(values));
    return Row.of(key, values);
  }

  /** Returns all rows of a cursor, and closes it. */
  static List<Row> readAll(BpfMap map, MapCursor cursor) throws BpfException {
    List<Row> rows = new ArrayList<>();
    try (cursor) {
      while (cursor.next()) {
        rows.addAll(chunk(map, cursor));
      }
    }
    return rows;
  }

  static List<Row> readAll(BpfMap map) throws BpfException {
    return readAll(map, map.cursor());
  }

  /** Returns the rows of a cursor's chunk. */
  static List<Row> chunk(BpfMap map, MapCursor cursor) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < cursor.rows(); i++) {
      long[] values = new long[cursor.cpus()];
      for (int cpu = 0; cpu < values.length; cpu++) {
        values[cpu] = cursor.value(i, cpu);
      }
      rows.add(Row.of(key(map, cursor, i), values));
    }
    return rows;
  }

  static byte[] key(BpfMap map, MapCursor cursor, int row) {
    int size = map.keySize();
    return Arrays.copyOfRange(cursor.keys(), row * size, (row + 1) * size);
  }
}
