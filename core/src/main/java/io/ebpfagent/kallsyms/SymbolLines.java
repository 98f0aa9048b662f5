// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.kallsyms;

import java.util.Arrays;

/** The lines of kallsyms while it is read, in the file's order. */
final class SymbolLines {
  private long[] addresses = new long[1 << 8];
  private int[] starts = new int[1 << 8];
  private byte[] names = new byte[1 << 12];
  private int size;
  private int length;

  int size() {
    return size;
  }

  /**
   * Whether all addresses are zero: the kernel writes zeros for readers that may not see addresses.
   */
  boolean hidden() {
    long any = 0;
    for (int i = 0; i < size; i++) {
      any |= addresses[i];
    }
    return any == 0;
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

  /**
   * Parses the whole lines at the beginning of {@code bytes}: {@code address type name}. Lines in
   * any other form are skipped.
   *
   * @return the number of bytes parsed
   */
  int take(byte[] bytes, int count) {
    int begin = 0;
    for (int at = 0; at < count; at++) {
      if (bytes[at] == '\n') {
        takeLine(bytes, begin, at);
        begin = at + 1;
      }
    }
    return begin;
  }

  void takeLine(byte[] bytes, int begin, int end) {
    long address = 0;
    int at = begin;
    for (int digit = hex(bytes, at, end); digit >= 0; digit = hex(bytes, ++at, end)) {
      address = (address << 4) | digit;
    }
    int digits = at - begin;
    if (digits == 0 || digits > Long.BYTES * 2 || at == end || bytes[at] != ' ') {
      return;
    }
    int type = ++at;
    while (at < end && bytes[at] != ' ') {
      at++;
    }
    int name = at + 1;
    if (at > type && name < end) {
      add(address, bytes, name, end - name);
    }
  }

  /** Returns the hex digit at an index; -1 when there is none. */
  private static int hex(byte[] bytes, int at, int end) {
    if (at == end) {
      return -1;
    }
    int c = bytes[at];
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }

  private void add(long address, byte[] bytes, int name, int nameLength) {
    if (size == addresses.length) {
      addresses = Arrays.copyOf(addresses, size * 2);
      starts = Arrays.copyOf(starts, size * 2);
    }
    while (length + nameLength > names.length) {
      names = Arrays.copyOf(names, names.length * 2);
    }
    addresses[size] = address;
    starts[size] = length;
    size++;
    System.arraycopy(bytes, name, names, length, nameLength);
    length += nameLength;
  }

  /**
   * Returns the line numbers by ascending address; lines of equal addresses stay in the file's
   * order.
   */
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
    if (middle == end
        || Long.compareUnsigned(addresses[from[middle - 1]], addresses[from[middle]]) <= 0) {
      // True nearly everywhere: most symbols are the kernel's own, and those are in order.
      System.arraycopy(from, left, to, left, end - left);
      return;
    }
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
