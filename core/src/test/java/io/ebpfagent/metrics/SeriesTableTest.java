// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.decode.LabelRow;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SeriesTableTest {
  private static LabelRow row(List<String> values) {
    LabelRow row = new LabelRow(values.size());
    for (String value : values) {
      row.bytes().append(value);
      row.endValue();
    }
    return row;
  }

  private static LabelRow row(String... values) {
    return row(List.of(values));
  }

  /** Returns the contents of a table. */
  private static Map<List<String>, List<Long>> contents(SeriesTable table, int labels, int stride) {
    Map<List<String>, List<Long>> contents = new HashMap<>();
    LabelRow row = new LabelRow(labels);
    for (int series = 0; series < table.size(); series++) {
      table.labels(series, row);
      List<String> key = new ArrayList<>();
      for (int i = 0; i < labels; i++) {
        key.add(row.value(i));
      }
      List<Long> numbers = new ArrayList<>();
      for (int i = 0; i < stride; i++) {
        numbers.add(table.values()[series * stride + i]);
      }
      assertThat(contents.put(key, numbers)).as("%s twice", key).isNull();
    }
    return contents;
  }

  @Test
  void addsUpWhatHasEqualLabels() {
    SeriesTable table = new SeriesTable(2, 1);
    table.add(row("a", "b"), 0, 1);
    table.add(row("a", "c"), 0, 10);
    table.add(row("a", "b"), 0, 100);
    assertThat(contents(table, 2, 1))
        .containsOnly(
            Map.entry(List.of("a", "b"), List.of(101L)),
            Map.entry(List.of("a", "c"), List.of(10L)));
  }

  @Test
  void tellsLabelsApartThatAreTheSameWhenJoined() {
    SeriesTable table = new SeriesTable(2, 1);
    table.add(row("ab", "c"), 0, 1);
    table.add(row("a", "bc"), 0, 2);
    table.add(row("", "abc"), 0, 3);
    table.add(row("abc", ""), 0, 4);
    table.add(row("a", "b,c"), 0, 5);
    table.add(row("a,b", "c"), 0, 6);
    assertThat(table.size()).isEqualTo(6);
  }

  @Test
  void withoutLabelsThereIsOneSeries() {
    SeriesTable table = new SeriesTable(0, 1);
    assertThat(table.size()).isZero();
    table.add(row(), 0, 3);
    table.add(row(), 0, 4);
    assertThat(contents(table, 0, 1)).containsOnly(Map.entry(List.of(), List.of(7L)));
  }

  @Test
  void leavesOutTheLabelsBehindItsOwn() {
    SeriesTable table = new SeriesTable(1, 3);
    table.add(row("a", "bucket 1"), 1, 5);
    table.add(row("a", "bucket 2"), 2, 6);
    assertThat(contents(table, 1, 3)).containsOnly(Map.entry(List.of("a"), List.of(0L, 5L, 6L)));
  }

  @Test
  void addsNoSeriesBeyondTheMost() {
    SeriesTable table = new SeriesTable(1, 1);
    assertThat(table.add(row("a"), 0, 1, 2)).isTrue();
    assertThat(table.add(row("b"), 0, 1, 2)).isTrue();
    assertThat(table.add(row("c"), 0, 1, 2)).isFalse();
    assertThat(table.add(row("a"), 0, 1, 2)).isTrue();
    assertThat(contents(table, 1, 1))
        .containsOnly(Map.entry(List.of("a"), List.of(2L)), Map.entry(List.of("b"), List.of(1L)));
  }

  @Test
  void aSnapshotStaysAsItIs() {
    SeriesTable table = new SeriesTable(1, 1);
    table.add(row("a"), 0, 1);
    SeriesTable snapshot = table.snapshot();
    table.add(row("a"), 0, 1);
    table.add(row("b"), 0, 1);
    assertThat(contents(snapshot, 1, 1)).containsOnly(Map.entry(List.of("a"), List.of(1L)));
  }

  @Test
  void isAMapFromListsToNumbers() {
    Random random = new Random(1);
    for (int labels = 0; labels < 4; labels++) {
      for (int stride = 1; stride < 4; stride++) {
        SeriesTable table = new SeriesTable(labels, stride);
        Map<List<String>, List<Long>> expected = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
          List<String> key = new ArrayList<>();
          for (int label = 0; label < labels; label++) {
            key.add("x".repeat(random.nextInt(3)) + random.nextInt(40));
          }
          int index = random.nextInt(stride);
          long amount = random.nextLong();
          table.add(row(key), index, amount);
          List<Long> zeros = Collections.nCopies(stride, 0L);
          List<Long> numbers = expected.computeIfAbsent(key, none -> new ArrayList<>(zeros));
          numbers.set(index, numbers.get(index) + amount);
        }
        assertThat(contents(table, labels, stride)).isEqualTo(expected);
      }
    }
  }
}
