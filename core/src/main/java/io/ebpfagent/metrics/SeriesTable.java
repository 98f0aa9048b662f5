// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.decode.Bytes;
import io.ebpfagent.decode.LabelRow;
import java.io.IOException;
import java.util.Arrays;

/**
 * Label values, as lists, to rows of numbers, for one scrape: adds up the map rows whose labels
 * come out equal, and gathers a histogram's buckets. Open addressing over one array of bytes, so
 * that a series costs its label text and a few words. Not thread-safe.
 */
final class SeriesTable {
  private static final int FIRST_SLOTS = 64;

  private final int labels;
  private final int stride;
  private final Bytes text = new Bytes(4096);

  /** Series number + 1 by hash; 0 is free. */
  private int[] slots = new int[FIRST_SLOTS];

  private int[] hashes = new int[FIRST_SLOTS];

  /** By series: where its text begins, and behind it the end of each label value. */
  private int[] ends = new int[0];

  private long[] values = new long[0];
  private int size;

  /**
   * @param labels how many of a row's first values tell series apart
   * @param stride how many numbers a series has
   */
  SeriesTable(int labels, int stride) {
    this.labels = labels;
    this.stride = stride;
  }

  /** The series and numbers as they are now; they can be read, and not be added to. */
  SeriesTable snapshot() {
    SeriesTable copy = new SeriesTable(labels, stride);
    copy.text.append(text.array(), 0, text.length());
    copy.ends = Arrays.copyOf(ends, size * (labels + 1));
    copy.values = Arrays.copyOf(values, size * stride);
    copy.size = size;
    return copy;
  }

  int size() {
    return size;
  }

  /** All series' numbers: those of series {@code i} begin at {@code i * stride}. */
  long[] values() {
    return values;
  }

  /** Gives each series' first number as a sample. */
  void writeTo(SampleSink sink) throws IOException {
    LabelRow row = new LabelRow(labels);
    for (int i = 0; i < size; i++) {
      labels(i, row);
      sink.sample(row, values[i * stride]);
    }
  }

  /** Adds to number {@code index} of the row's series. */
  void add(LabelRow row, int index, long amount) {
    add(row, index, amount, Integer.MAX_VALUE);
  }

  /**
   * The same, unless the series were a new one beyond {@code most}: then it returns false and does
   * nothing.
   */
  boolean add(LabelRow row, int index, long amount, int most) {
    // Finding the series may replace the array, so it comes first.
    int series = series(row, most);
    if (series < 0) {
      return false;
    }
    values[series * stride + index] += amount;
    return true;
  }

  /** Fills {@code row} with a series' label values. */
  void labels(int series, LabelRow row) {
    row.clear();
    int start = ends[series * (labels + 1)];
    for (int i = 1; i <= labels; i++) {
      int end = ends[series * (labels + 1) + i];
      row.bytes().append(text.array(), start, end - start);
      row.endValue();
      start = end;
    }
  }

  private int series(LabelRow row, int most) {
    int length = labels == 0 ? 0 : row.end(labels - 1);
    int hash = hash(row, length);
    int mask = slots.length - 1;
    int slot = hash & mask;
    while (slots[slot] != 0) {
      int series = slots[slot] - 1;
      if (hashes[series] == hash && equal(series, row, length)) {
        return series;
      }
      slot = (slot + 1) & mask;
    }
    if (size >= most) {
      return -1;
    }
    slots[slot] = size + 1;
    return insert(row, length, hash);
  }

  private static int hash(LabelRow row, int length) {
    int hash = 1;
    byte[] bytes = row.bytes().array();
    for (int i = 0; i < length; i++) {
      hash = hash * 31 + bytes[i];
    }
    return hash ^ (hash >>> 16);
  }

  /** Equal texts are not enough: the values must end at the same places. */
  private boolean equal(int series, LabelRow row, int length) {
    int at = series * (labels + 1);
    int start = ends[at];
    for (int i = 0; i < labels; i++) {
      if (ends[at + 1 + i] - start != row.end(i)) {
        return false;
      }
    }
    return Arrays.equals(text.array(), start, start + length, row.bytes().array(), 0, length);
  }

  private int insert(LabelRow row, int length, int hash) {
    int series = size++;
    if (series == hashes.length) {
      hashes = Arrays.copyOf(hashes, size * 2);
    }
    hashes[series] = hash;
    if (values.length < size * stride) {
      values = Arrays.copyOf(values, Math.max(16, size * 2) * stride);
    }
    int at = series * (labels + 1);
    if (ends.length < at + labels + 1) {
      ends = Arrays.copyOf(ends, Math.max(16, size * 2) * (labels + 1));
    }
    int start = text.length();
    ends[at] = start;
    for (int i = 0; i < labels; i++) {
      ends[at + 1 + i] = start + row.end(i);
    }
    text.append(row.bytes().array(), 0, length);
    if (size * 2 > slots.length) {
      rehash();
    }
    return series;
  }

  private void rehash() {
    slots = new int[slots.length * 2];
    int mask = slots.length - 1;
    for (int series = 0; series < size; series++) {
      int slot = hashes[series] & mask;
      while (slots[slot] != 0) {
        slot = (slot + 1) & mask;
      }
      slots[slot] = series + 1;
    }
  }
}
