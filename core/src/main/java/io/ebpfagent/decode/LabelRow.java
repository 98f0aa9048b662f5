// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The decoded label values of one row, end to end in one buffer; reused for every row. */
public final class LabelRow {
  private final Bytes bytes = new Bytes(256);

  /**
   * Buffers through which a chain's decoders pass their output on, in turns. They are here because
   * a row belongs to one thread.
   */
  private final Bytes[] scratch = {new Bytes(64), new Bytes(64)};

  private final int[] ends;
  private int size;

  /** Creates a row for {@code labels} values. */
  public LabelRow(int labels) {
    ends = new int[labels];
  }

  public void clear() {
    bytes.clear();
    size = 0;
  }

  /** The buffer to which a decoder appends the next value; {@link #endValue} ends the value. */
  public Bytes bytes() {
    return bytes;
  }

  /**
   * Returns an empty buffer for the output of step {@code step} of a chain; the step's input is in
   * the other one.
   */
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

  /** Number of values. */
  public int size() {
    return size;
  }

  /** Index in {@link #bytes} at which value {@code index} begins. */
  public int start(int index) {
    return index == 0 ? 0 : ends[index - 1];
  }

  /** Index in {@link #bytes} at which value {@code index} ends, exclusive. */
  public int end(int index) {
    return ends[index];
  }

  /** Returns value {@code index} as text. */
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
