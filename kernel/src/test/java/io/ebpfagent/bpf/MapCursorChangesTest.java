// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.NativeBytes.u32s;
import static io.ebpfagent.NativeBytes.u64s;
import static io.ebpfagent.bpf.TestRows.map;
import static io.ebpfagent.bpf.TestRows.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.KernelTest;
import io.ebpfagent.OpenDescriptors;
import io.ebpfagent.TestObjects;
import io.ebpfagent.bpf.TestRows.Row;
import io.ebpfagent.log.Log;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rows that a cursor returns while rows are added and removed. */
@KernelTest
final class MapCursorChangesTest {
  private static final int ROWS = 300;

  private BpfObject object;
  private int read;

  @BeforeEach
  void load() throws BpfException {
    object = TestRows.load();
  }

  @AfterEach
  void close() {
    object.close();
  }

  private List<Row> fill(BpfMap map) throws BpfException {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      rows.add(put(map, u64s(i, 0), i));
    }
    return rows;
  }

  /** Reads all rows, and deletes the last row of every chunk, at which the cursor is. */
  private static List<Row> readDeleting(MapCursor cursor, BpfMap map) throws BpfException {
    List<Row> read = new ArrayList<>();
    try (cursor) {
      // A cursor that started again each time would take very long.
      while (read.size() < 20_000 && cursor.next()) {
        read.addAll(TestRows.chunk(map, cursor));
        map.delete(TestRows.key(map, cursor, cursor.rows() - 1));
      }
    }
    return read;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aHashesRowsComeOnceWhenTheOneBelowTheCursorGoes(boolean rowByRow) throws BpfException {
    BpfMap map = map(object, "hash_u64");
    List<Row> rows = fill(map);
    assertThat(readDeleting(new MapCursor(map, 8, rowByRow), map))
        .containsExactlyInAnyOrderElementsOf(rows);
  }

  @Test
  void aTriesRowsComeOnceWhenTheOneBelowTheCursorGoes() throws BpfException {
    int rowsOfSeveralChunks = 9000;
    OpenBpfObject open =
        OpenBpfObject.open("maps-only.bpf.o", TestObjects.bytes("maps-only"), null, Log.NONE);
    open.map("trie_u64").orElseThrow().setMaxEntries(rowsOfSeveralChunks);
    try (BpfObject large = open.load()) {
      BpfMap map = map(large, "trie_u64");
      List<Row> rows = new ArrayList<>();
      for (int i = 0; i < rowsOfSeveralChunks; i++) {
        rows.add(put(map, u32s(32, i), i));
      }
      assertThat(readDeleting(map.cursor(), map)).containsExactlyInAnyOrderElementsOf(rows);
    }
  }

  @Test
  void endsWhenEveryRowGoesAfterItWasRead() throws BpfException {
    BpfMap map = map(object, "hash_u64");
    List<Row> rows = fill(map);
    assertThat(readDeleting(new MapCursor(map, 1, true), map))
        .containsExactlyInAnyOrderElementsOf(rows);
    assertThat(TestRows.readAll(map)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void rowsThatStayComeOnceWhileOthersComeAndGo(boolean rowByRow) throws Exception {
    BpfMap map = map(object, "hash_u64");
    List<Row> stay = fill(map);
    AtomicBoolean done = new AtomicBoolean();
    CountDownLatch started = new CountDownLatch(1);
    Callable<Integer> writer =
        () -> {
          int rounds = 0;
          while (!done.get()) {
            for (int i = 0; i < 200; i++) {
              map.update(u64s(i, 1), u64s(rounds));
            }
            started.countDown();
            for (int i = 0; i < 200; i++) {
              map.delete(u64s(i, 1));
              // Some 50 µs. A reader of single rows whose own row goes each time would never end.
              LockSupport.parkNanos(1);
            }
            rounds++;
          }
          return rounds;
        };
    try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
      Future<Integer> rounds = executor.submit(writer);
      started.await();
      try {
        for (int i = 0; i < 50; i++) {
          List<Row> read = TestRows.readAll(map, new MapCursor(map, 16, rowByRow));
          assertThat(read).containsAll(stay);
          assertThat(read).extracting(Row::key).doesNotHaveDuplicates();
        }
      } finally {
        done.set(true);
      }
      assertThat(rounds.get()).isPositive();
    }
  }

  /** Returns a trie's key; keys are ordered by their numbers. */
  private static byte[] ordered(int number) {
    ByteBuffer key = ByteBuffer.wrap(u32s(32, 0));
    return key.putInt(Integer.BYTES, number).array();
  }

  /**
   * Replaces the cursor's current row by a new last one, repeatedly, so that reading starts again.
   */
  private int readWhileTheLastRowChanges(BpfMap map, int rows) throws BpfException {
    for (int i = 0; i < rows; i++) {
      put(map, ordered(i), i);
    }
    read = 0;
    try (MapCursor cursor = new MapCursor(map, 1, true)) {
      while (cursor.next()) {
        read++;
        if (read >= rows) {
          put(map, ordered(read), read);
          map.delete(TestRows.key(map, cursor, 0));
        }
      }
    }
    return read;
  }

  @Test
  void givesUpOnMoreRowsThanTheMapHolds() {
    BpfMap map = map(object, "trie_u64");
    assertThatThrownBy(() -> readWhileTheLastRowChanges(map, 1))
        .isInstanceOf(BpfException.class)
        .hasMessage(
            "read of map trie_u64 (its rows come and go faster than they can be read one by one:"
                + " %d rows, 0 of them again)",
            map.maxEntries());
    assertThat(read).isEqualTo(map.maxEntries());
  }

  @Test
  void givesUpOnRowsThatComeAgainAndAgain() {
    BpfMap map = map(object, "trie_u64");
    assertThatThrownBy(() -> readWhileTheLastRowChanges(map, 500))
        .isInstanceOf(BpfException.class)
        .hasMessageMatching(
            "read of map trie_u64 \\(its rows come and go faster than they can be read one by one:"
                + " 6\\d\\d rows, 66\\d\\d\\d of them again\\)");
  }

  /** By then the descriptor may denote another map, whose rows are too large for the buffers. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void readsOnWhenTheObjectIsClosed(boolean rowByRow) throws BpfException {
    BpfMap map = map(object, "hash_u64");
    List<Row> rows = fill(map);
    List<Row> read = new ArrayList<>();
    MapCursor cursor = new MapCursor(map, 1, rowByRow);
    int before = OpenDescriptors.count();
    assertThat(cursor.next()).isTrue();
    read.addAll(TestRows.chunk(map, cursor));
    object.close();
    try (BpfObject other = TestRows.load()) {
      put(map(other, "padded_hash"), new byte[map(other, "padded_hash").keySize()], 1);
      while (cursor.next()) {
        read.addAll(TestRows.chunk(map, cursor));
      }
      cursor.close();
      cursor.close();
    }
    assertThat(read).containsExactlyInAnyOrderElementsOf(rows);
    assertThat(OpenDescriptors.count()).isLessThan(before);
  }
}
