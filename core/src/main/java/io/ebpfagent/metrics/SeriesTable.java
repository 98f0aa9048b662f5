// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.decode.ByteKeys;
import io.ebpfagent.decode.Bytes;
import io.ebpfagent.decode.LabelRow;
import java.io.IOException;
import java.util.Arrays;

/**
 * Maps label values to a series' numbers, for one scrape: adds up the rows whose labels are equal,
 * and collects a histogram's buckets. A series takes its label text and a few words of memory. Not
 * thread-safe.
 */
final class SeriesTable {
  private final int labels;
  private final int stride;

  /**
   * The label values of each series, end to end. The end positions of all values but the last
   * follow, so that different values never give the same bytes.
   */
  private final ByteKeys series;

  private final Bytes key = new Bytes(256);
  private long[] values;
  private int size;

  /**
   * @param labels how many of a row's first values identify a series
   * @param stride how many numbers a series has
   */
  SeriesTable(int labels, int stride) {
    this(labels, stride, new ByteKeys(), new long[0], 0);
  }

  private SeriesTable(int labels, int stride, ByteKeys series, long[] values, int size) {
    this.labels = labels;
    this.stride = stride;
    this.series = series;
    this.values = values;
    this.size = size;
  }

  /** Returns the current series and numbers, to be read only. */
  SeriesTable snapshot() {
    // Sharing the keys is safe: series are never removed, and later ones have higher numbers.
    return new SeriesTable(labels, stride, series, Arrays.copyOf(values, size * stride), size);
  }

  int size() {
    return size;
  }

  /** The numbers of all series; those of series {@code i} begin at index {@code i * stride}. */
  long[] values() {
    return values;
  }

  /** Passes each series' first number on as a sample. */
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
   * Like {@link #add(LabelRow, int, long)}, but returns false and does nothing when the series is
   * new and there are {@code most} series already.
   */
  boolean add(LabelRow row, int index, long amount, int most) {
    int number = number(row, most);
    if (number < 0) {
      return false;
    }
    if (number == size) {
      size++;
      if (values.length < size * stride) {
        values = Arrays.copyOf(values, Math.max(16, size * 2) * stride);
      }
    }
    values[number * stride + index] += amount;
    return true;
  }

  private int number(LabelRow row, int most) {
    int length = labels == 0 ? 0 : row.end(labels - 1);
    byte[] text = row.bytes().array();
    if (labels < 2) {
      return series.add(text, 0, length, most);
    }
    key.clear();
    key.append(text, 0, length);
    for (int i = 0; i < labels - 1; i++) {
      key.appendInt(row.end(i));
    }
    return series.add(key.array(), 0, key.length(), most);
  }

  /** Fills {@code row} with a series' label values. */
  void labels(int number, LabelRow row) {
    row.clear();
    byte[] bytes = series.bytes();
    int start = series.start(number);
    int end = series.end(number) - Math.max(labels - 1, 0) * Integer.BYTES;
    int from = start;
    for (int i = 0; i < labels; i++) {
      int to = i == labels - 1 ? end : start + Bytes.intAt(bytes, end + i * Integer.BYTES);
      row.bytes().append(bytes, from, to - from);
      row.endValue();
      from = to;
    }
  }
}
