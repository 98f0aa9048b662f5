// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.NativeBytes.u32s;
import static io.ebpfagent.NativeBytes.u64s;
import static io.ebpfagent.bpf.TestRows.map;
import static io.ebpfagent.bpf.TestRows.perCpu;
import static io.ebpfagent.bpf.TestRows.put;
import static io.ebpfagent.bpf.TestRows.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.KernelTest;
import io.ebpfagent.bpf.TestRows.Row;
import io.ebpfagent.linux.Cpus;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@KernelTest
final class MapCursorTest {
  private BpfObject object;

  @BeforeEach
  void load() throws BpfException {
    object = TestRows.load();
  }

  @AfterEach
  void close() {
    object.close();
  }

  /** Checks for a hash that each row is read once: in one chunk, in many, or row by row. */
  private static void readsEachRowOnce(BpfMap map, List<Row> rows) throws BpfException {
    assertThat(readAll(map)).as("batches").containsExactlyInAnyOrderElementsOf(rows);
    assertThat(readAll(map, new MapCursor(map, 7, false)))
        .as("small batches")
        .containsExactlyInAnyOrderElementsOf(rows);
    assertThat(readAll(map, new MapCursor(map, 7, true)))
        .as("row by row")
        .containsExactlyInAnyOrderElementsOf(rows);
  }

  @ParameterizedTest
  @ValueSource(strings = {"hash_u64", "lru_hash_u64"})
  void readsTheRowsOfAHash(String name) throws BpfException {
    BpfMap map = map(object, name);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      rows.add(put(map, u64s(i, -i), 1000 + i));
    }
    readsEachRowOnce(map, rows);
  }

  @ParameterizedTest
  @ValueSource(strings = {"percpu_hash_u64", "lru_percpu_hash_u64"})
  void readsTheRowsOfAPerCpuHash(String name) throws BpfException {
    BpfMap map = map(object, name);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      rows.add(put(map, u64s(i, -i), perCpu(1000L * i)));
    }
    readsEachRowOnce(map, rows);
  }

  @Test
  void readsAllRowsOfAnArrayInOrder() throws BpfException {
    BpfMap map = map(object, "array_u64");
    put(map, u32s(2), 22);
    put(map, u32s(7), -1);
    List<Row> expected = new ArrayList<>();
    long[] values = {0, 0, 22, 0, 0, 0, 0, -1};
    for (int i = 0; i < values.length; i++) {
      expected.add(Row.of(u32s(i), values[i]));
    }
    assertThat(readAll(map)).isEqualTo(expected);
    assertThat(readAll(map, new MapCursor(map, 3, false))).isEqualTo(expected);
    assertThat(readAll(map, new MapCursor(map, 3, true))).isEqualTo(expected);
  }

  @Test
  void readsAllRowsOfAPerCpuArrayInOrder() throws BpfException {
    BpfMap map = map(object, "percpu_array_u64");
    put(map, u32s(1), perCpu(10));
    put(map, u32s(3), perCpu(30));
    long[] zeros = new long[Cpus.possible()];
    List<Row> expected =
        List.of(
            Row.of(u32s(0), zeros),
            Row.of(u32s(1), perCpu(10)),
            Row.of(u32s(2), zeros),
            Row.of(u32s(3), perCpu(30)));
    assertThat(readAll(map)).isEqualTo(expected);
    assertThat(readAll(map, new MapCursor(map, 3, false))).isEqualTo(expected);
    assertThat(readAll(map, new MapCursor(map, 3, true))).isEqualTo(expected);
  }

  @Test
  void sumsAPerCpuRow() throws BpfException {
    BpfMap map = map(object, "percpu_hash_u64");
    put(map, u64s(1, 2), perCpu(100));
    try (MapCursor cursor = map.cursor()) {
      assertThat(cursor.next()).isTrue();
      assertThat(cursor.value(0)).isEqualTo(Arrays.stream(perCpu(100)).sum());
      assertThat(cursor.cpus()).isEqualTo(Cpus.possible());
    }
  }

  @Test
  void readsTheRowsOfATrie() throws BpfException {
    BpfMap map = map(object, "trie_u64");
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      rows.add(put(map, u32s(32, i), i));
    }
    assertThat(readAll(map)).containsExactlyInAnyOrderElementsOf(rows);
  }

  @Test
  void anEmptyHashHasNoRows() throws BpfException {
    try (MapCursor cursor = map(object, "hash_u64").cursor()) {
      assertThat(cursor.next()).isFalse();
      assertThat(cursor.rows()).isZero();
      assertThat(cursor.next()).as("again").isFalse();
    }
  }

  @Test
  void readsAFullHash() throws BpfException {
    BpfMap map = map(object, "hash_u64");
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < map.maxEntries(); i++) {
      rows.add(put(map, u64s(i, 0), i));
    }
    readsEachRowOnce(map, rows);
  }

  @Test
  void growsWhenABucketHoldsMoreThanAChunk() throws BpfException {
    BpfMap map = map(object, "hash_u64");
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < map.maxEntries(); i++) {
      rows.add(put(map, u64s(i, 0), i));
    }
    List<Row> read = new ArrayList<>();
    int largest = 0;
    // There are as many keys as buckets. Some buckets have two or more keys, which are returned
    // together or not at all.
    try (MapCursor cursor = new MapCursor(map, 1, false)) {
      while (cursor.next()) {
        read.addAll(TestRows.chunk(map, cursor));
        largest = Math.max(largest, cursor.rows());
      }
    }
    assertThat(read).containsExactlyInAnyOrderElementsOf(rows);
    assertThat(largest).isGreaterThan(1);
  }

  @Test
  void refusesMapsThatAreNoRowsOfU64() {
    assertThatThrownBy(() -> map(object, "wrong_value").cursor())
        .isInstanceOf(BpfException.class)
        .hasMessage(
            "read map wrong_value: EINVAL (rows of 8-byte values are read, this is a hash of 4 bytes)");
    assertThatThrownBy(() -> map(object, "events").cursor())
        .isInstanceOf(BpfException.class)
        .hasMessage(
            "read map events: EINVAL (rows of 8-byte values are read, this is a ringbuf of 0 bytes)");
  }

  @Test
  void saysThatTheObjectIsClosed() {
    BpfMap map = map(object, "hash_u64");
    object.close();
    assertThatThrownBy(map::cursor)
        .isInstanceOf(BpfException.class)
        .hasMessage("read map hash_u64: EBADF (its object is closed)");
  }
}
