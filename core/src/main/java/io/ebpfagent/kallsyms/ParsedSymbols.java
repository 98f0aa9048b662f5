// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.kallsyms;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Symbols in any order, parsed: sorted addresses, and the names in one array. A kernel with its
 * modules has some 200,000 symbols, so there is no object for each of them.
 */
final class ParsedSymbols {
  static final ParsedSymbols NONE =
      new ParsedSymbols(new long[0], new int[] {0}, new byte[0], false);

  private final long[] addresses;

  /** Index in {@link #names} at which name {@code i} begins; it ends where the next begins. */
  private final int[] starts;

  private final byte[] names;
  private final boolean hidden;

  private ParsedSymbols(long[] addresses, int[] starts, byte[] names, boolean hidden) {
    this.addresses = addresses;
    this.starts = starts;
    this.names = names;
    this.hidden = hidden;
  }

  /** Parses the lines of a text. Lines in any other form are skipped. */
  static ParsedSymbols of(byte[] text) {
    SymbolLines lines = new SymbolLines();
    int taken = lines.take(text, text.length);
    lines.takeLine(text, taken, text.length);
    int size = lines.size();
    if (lines.hidden()) {
      return new ParsedSymbols(new long[0], new int[] {0}, new byte[0], size > 0);
    }
    int[] order = lines.orderByAddress();
    long[] addresses = new long[size];
    int[] starts = new int[size + 1];
    byte[] names = new byte[lines.namesLength()];
    int at = 0;
    for (int i = 0; i < size; i++) {
      addresses[i] = lines.address(order[i]);
      starts[i] = at;
      at += lines.copyName(order[i], names, at);
    }
    starts[size] = at;
    return new ParsedSymbols(addresses, starts, names, false);
  }

  boolean isEmpty() {
    return addresses.length == 0;
  }

  /** Whether there are symbols, but their addresses are hidden from this reader. */
  boolean hidden() {
    return hidden;
  }

  /**
   * Returns the symbol's module, or what stands in its place; null for the kernel's own symbols.
   */
  @Nullable String module(int index) {
    int end = starts[index + 1];
    if (names[end - 1] == ']') {
      for (int at = end - 2; at > starts[index]; at--) {
        if (names[at] == '[' && names[at - 1] == '\t') {
          return new String(names, at + 1, end - 1 - (at + 1), UTF_8);
        }
      }
    }
    return null;
  }

  long address(int index) {
    return addresses[index];
  }

  String name(int index) {
    return new String(names, starts[index], starts[index + 1] - starts[index], UTF_8);
  }

  /** Returns the address of the symbol with a name. */
  @Nullable Long find(String name) {
    return find(name.getBytes(UTF_8), false);
  }

  /** Returns the address of the symbol of any module with a name. */
  @Nullable Long findInModules(String name) {
    return find((name + "\t[").getBytes(UTF_8), true);
  }

  private @Nullable Long find(byte[] wanted, boolean asPrefix) {
    for (int i = 0; i < addresses.length; i++) {
      int start = starts[i];
      int length = starts[i + 1] - start;
      if ((length == wanted.length || (asPrefix && length > wanted.length))
          && Arrays.equals(names, start, start + wanted.length, wanted, 0, wanted.length)) {
        return addresses[i];
      }
    }
    return null;
  }

  /**
   * Returns the index of the last symbol at or before an address; of several at the same address,
   * the last in the file. It is -1 when there is none.
   */
  int floor(long address) {
    int low = 0;
    int high = addresses.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(addresses[middle], address) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}
