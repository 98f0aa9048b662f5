// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The decoded label values of one row, end to end in one buffer; reused from row to row. */
public final class LabelRow {
  private final Bytes bytes = new Bytes(256);

  /**
   * Where a chain's decoders hand over to each other, in turns; here because a row is one thread's.
   */
  private final Bytes[] scratch = {new Bytes(64), new Bytes(64)};

  private final int[] ends;
  private int size;

  /** Room for {@code labels} values. */
  public LabelRow(int labels) {
    ends = new int[labels];
  }

  public void clear() {
    bytes.clear();
    size = 0;
  }

  /** Where a decoder appends the next value; {@link #endValue} closes it. */
  public Bytes bytes() {
    return bytes;
  }

  /** An empty buffer for the output of a chain's step {@code step}; its input is the other one. */
  Bytes scratch(int step) {
    Bytes empty = scratch[step & 1];
    empty.clear();
    return empty;
  }

  /** Appends a value of another row. */
  public void append(LabelRow other, int index) {
    int start = other.start(index);
    bytes.append(other.bytes.array(), start, other.end(index) - start);
    endValue();
  }

  public void endValue() {
    ends[size++] = bytes.length();
  }

  /** How many values there are. */
  public int size() {
    return size;
  }

  /** Where value {@code index} begins in {@link #bytes}. */
  public int start(int index) {
    return index == 0 ? 0 : ends[index - 1];
  }

  /** Where value {@code index} ends in {@link #bytes}, exclusive. */
  public int end(int index) {
    return ends[index];
  }

  /** Value {@code index} as text. */
  public String value(int index) {
    int start = start(index);
    return new String(bytes.array(), start, end(index) - start, StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    String[] values = new String[size];
    Arrays.setAll(values, this::value);
    return Arrays.toString(values);
  }
}
