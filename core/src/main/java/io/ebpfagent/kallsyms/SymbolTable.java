// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.kallsyms;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.Arrays;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * One reading of kallsyms: addresses, sorted, and the names in one array. A kernel has some 200,000
 * symbols, so there is no object for any of them.
 */
final class SymbolTable {
  static final SymbolTable EMPTY = new SymbolTable(new long[0], new int[] {0}, new byte[0], false);

  private final long[] addresses;

  /** Where name {@code i} begins in {@link #names}; it ends where the next begins. */
  private final int[] starts;

  private final byte[] names;
  private final boolean restricted;

  private SymbolTable(long[] addresses, int[] starts, byte[] names, boolean restricted) {
    this.addresses = addresses;
    this.starts = starts;
    this.names = names;
    this.restricted = restricted;
  }

  /**
   * Reads to the end of {@code in}, which has a line {@code address type name} a symbol, and behind
   * a tab the module's name in brackets. Lines of another form are passed over.
   */
  static SymbolTable read(ByteSource in) throws IOException {
    SymbolLines lines = new SymbolLines();
    byte[] buffer = new byte[1 << 16];
    for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
      lines.feed(buffer, count);
    }
    lines.end();
    return of(lines);
  }

  private static SymbolTable of(SymbolLines lines) {
    int size = lines.size();
    long any = 0;
    for (int i = 0; i < size; i++) {
      any |= lines.address(i);
    }
    if (any == 0) {
      return new SymbolTable(new long[0], new int[] {0}, new byte[0], size > 0);
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
    return new SymbolTable(addresses, starts, names, false);
  }

  int size() {
    return addresses.length;
  }

  /** Whether there are symbols, but their addresses are hidden from this reader. */
  boolean restricted() {
    return restricted;
  }

  @Nullable String exact(long address) {
    int index = floor(address);
    return index >= 0 && addresses[index] == address ? name(index) : null;
  }

  @Nullable String nearest(long address) {
    int index = floor(address);
    return index < 0 ? null : name(index);
  }

  /** The kernel's own symbol of this name before a module's. */
  OptionalLong address(String name) {
    byte[] wanted = name.getBytes(UTF_8);
    byte[] inModule = (name + " [").getBytes(UTF_8);
    OptionalLong found = OptionalLong.empty();
    for (int i = 0; i < addresses.length; i++) {
      int start = starts[i];
      int end = starts[i + 1];
      if (Arrays.equals(names, start, end, wanted, 0, wanted.length)) {
        return OptionalLong.of(addresses[i]);
      }
      if (found.isEmpty()
          && end - start > inModule.length
          && Arrays.equals(names, start, start + inModule.length, inModule, 0, inModule.length)) {
        found = OptionalLong.of(addresses[i]);
      }
    }
    return found;
  }

  private String name(int index) {
    return new String(names, starts[index], starts[index + 1] - starts[index], UTF_8);
  }

  /** The last symbol at or before an address; of aliases the last in the file. */
  private int floor(long address) {
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

  /** Where the text comes from; like an input stream's read. */
  @FunctionalInterface
  interface ByteSource {
    int read(byte[] buffer) throws IOException;
  }
}
