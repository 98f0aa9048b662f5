// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.kallsyms;

import java.util.Arrays;

/** The lines of kallsyms while it is read, in the file's order. */
final class SymbolLines {
  private enum Field {
    ADDRESS,
    TYPE,
    NAME,
    PASSED_OVER
  }

  private long[] addresses = new long[1 << 16];
  private int[] starts = new int[1 << 16];
  private byte[] names = new byte[1 << 20];
  private int size;
  private int length;

  private Field field = Field.ADDRESS;
  private long address;
  private int digits;

  int size() {
    return size;
  }

  long address(int line) {
    return addresses[line];
  }

  int namesLength() {
    return length;
  }

  int copyName(int line, byte[] to, int at) {
    int end = line + 1 == size ? length : starts[line + 1];
    System.arraycopy(names, starts[line], to, at, end - starts[line]);
    return end - starts[line];
  }

  void feed(byte[] bytes, int count) {
    for (int i = 0; i < count; i++) {
      byte next = bytes[i];
      if (next == '\n') {
        end();
      } else {
        take(next);
      }
    }
  }

  private void take(byte next) {
    switch (field) {
      case ADDRESS -> {
        int digit = Character.digit(next, 16);
        if (digit >= 0 && digits < Long.BYTES * 2) {
          address = (address << 4) | digit;
          digits++;
        } else {
          field = next == ' ' && digits > 0 ? Field.TYPE : Field.PASSED_OVER;
        }
      }
      case TYPE -> {
        if (next == ' ') {
          field = Field.NAME;
          begin();
        }
      }
      case NAME -> {
        if (length == names.length) {
          names = Arrays.copyOf(names, names.length * 2);
        }
        names[length++] = next == '\t' ? (byte) ' ' : next;
      }
      case PASSED_OVER -> {}
    }
  }

  private void begin() {
    if (size == addresses.length) {
      addresses = Arrays.copyOf(addresses, size * 2);
      starts = Arrays.copyOf(starts, size * 2);
    }
    addresses[size] = address;
    starts[size] = length;
    size++;
  }

  /** The line is over. */
  void end() {
    if (field == Field.NAME && starts[size - 1] == length) {
      size--;
    }
    field = Field.ADDRESS;
    address = 0;
    digits = 0;
  }

  /** The lines' numbers by ascending address; those of one address stay in the file's order. */
  int[] orderByAddress() {
    int[] order = new int[size];
    Arrays.setAll(order, i -> i);
    int[] merged = new int[size];
    for (int width = 1; width < size; width *= 2) {
      for (int left = 0; left < size; left += 2 * width) {
        merge(order, merged, left, Math.min(left + width, size), Math.min(left + 2 * width, size));
      }
      int[] swap = order;
      order = merged;
      merged = swap;
    }
    return order;
  }

  private void merge(int[] from, int[] to, int left, int middle, int end) {
    int right = middle;
    for (int at = left; at < end; at++) {
      boolean takeLeft =
          left < middle
              && (right == end
                  || Long.compareUnsigned(addresses[from[left]], addresses[from[right]]) <= 0);
      to[at] = takeLeft ? from[left++] : from[right++];
    }
  }
}
