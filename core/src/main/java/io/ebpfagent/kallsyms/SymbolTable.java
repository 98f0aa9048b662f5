// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.kallsyms;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One reading of kallsyms: sorted addresses, and the names in one array. A kernel has some 200,000
 * symbols, so there is no object for each of them.
 */
final class SymbolTable {
  static final SymbolTable EMPTY = new SymbolTable(new long[0], new int[] {0}, new byte[0], false);

  /**
   * How far behind its symbol an address may be, in bytes, where nothing tells where the code ends.
   * The kernel's largest functions have some 100 KB.
   */
  static final long LARGEST_FUNCTION = 1 << 17;

  private final long[] addresses;

  /** Index in {@link #names} at which name {@code i} begins; it ends where the next begins. */
  private final int[] starts;

  private final byte[] names;
  private final boolean restricted;

  /**
   * Bounds of the kernel's own code and data, if they can be told from the file; else both are 0.
   */
  private final long kernelStart;

  private final long kernelEnd;

  private SymbolTable(long[] addresses, int[] starts, byte[] names, boolean restricted) {
    this.addresses = addresses;
    this.starts = starts;
    this.names = names;
    this.restricted = restricted;
    Long start = ofKernel("_stext");
    // Some kernels list no data symbols, and so no _end.
    Long end =
        Stream.of("_end", "_einittext", "_etext")
            .map(this::ofKernel)
            .filter(Objects::nonNull)
            .findFirst()
            .orElse(null);
    kernelStart = start == null || end == null ? 0 : start;
    kernelEnd = start == null || end == null ? 0 : end;
  }

  /**
   * Reads to the end of {@code in}, which has a line {@code address type name} for each symbol; a
   * module's name follows in brackets after a tab. Lines in any other form are skipped.
   */
  static SymbolTable read(ByteSource in) throws IOException {
    SymbolLines lines = new SymbolLines();
    byte[] buffer = new byte[1 << 14];
    int filled = 0;
    int count = in.read(buffer, 0, buffer.length);
    while (count > 0) {
      filled += count;
      int taken = lines.take(buffer, filled);
      if (taken == 0 && filled == buffer.length) {
        taken = filled; // no symbol is that long: skip it
      }
      filled -= taken;
      System.arraycopy(buffer, taken, buffer, 0, filled);
      count = in.read(buffer, filled, buffer.length - filled);
    }
    lines.takeLine(buffer, 0, filled);
    return of(lines);
  }

  private static SymbolTable of(SymbolLines lines) {
    int size = lines.size();
    if (lines.hidden()) {
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

  /** Returns the symbol whose code contains an address; null when no known code does. */
  @Nullable String nearest(long address, List<LoadedModule> modules) {
    int index = floor(address);
    return index >= 0 && reaches(index, address, modules) ? name(index) : null;
  }

  private boolean reaches(int index, long address, List<LoadedModule> modules) {
    long symbol = addresses[index];
    if (symbol == address) {
      return true;
    }
    int owner = owner(index);
    if (owner < 0 && kernelEnd != 0) {
      return Long.compareUnsigned(address - kernelStart, kernelEnd - kernelStart) < 0;
    }
    if (owner >= 0) {
      String name = new String(names, owner, starts[index + 1] - 1 - owner, UTF_8);
      for (LoadedModule module : modules) {
        if (module.contains(symbol) && module.name().equals(name)) {
          return module.contains(address);
        }
      }
    }
    return Long.compareUnsigned(address - symbol, LARGEST_FUNCTION) < 0;
  }

  /**
   * Index in {@link #names} of the name of the symbol's module; -1 for the kernel's own symbols.
   */
  private int owner(int index) {
    int end = starts[index + 1];
    if (names[end - 1] == ']') {
      for (int at = end - 2; at > starts[index]; at--) {
        if (names[at] == '[' && names[at - 1] == '\t') {
          return at + 1;
        }
      }
    }
    return -1;
  }

  /** Returns the address of a symbol; the kernel's own symbol is preferred to a module's. */
  @Nullable Long address(String name) {
    Long own = ofKernel(name);
    return own != null ? own : find((name + "\t[").getBytes(UTF_8), true);
  }

  private @Nullable Long ofKernel(String name) {
    return find(name.getBytes(UTF_8), false);
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

  private String name(int index) {
    return new String(names, starts[index], starts[index + 1] - starts[index], UTF_8);
  }

  /**
   * Returns the index of the last symbol at or before an address; of several at the same address,
   * the last in the file.
   */
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

  /** Source of the text; works like {@code InputStream.read}. */
  @FunctionalInterface
  interface ByteSource {
    int read(byte[] buffer, int offset, int length) throws IOException;
  }
}
