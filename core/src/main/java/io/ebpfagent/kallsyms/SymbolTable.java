// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.kallsyms;

import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One reading of kallsyms. The kernel's own symbols are looked up in the text; the others are
 * parsed when the first address outside the kernel is looked up.
 */
final class SymbolTable {
  static final SymbolTable EMPTY = new SymbolTable();

  /**
   * How far behind its symbol an address may be, in bytes, where nothing tells where the code ends.
   * The kernel's largest functions have some 100 KB.
   */
  static final long LARGEST_FUNCTION = 1 << 17;

  /** An address and one that is as many bytes behind it as the code is long; 0 when unknown. */
  private record Bounds(long start, long end) {
    boolean known() {
      return end != 0;
    }

    boolean contain(long address) {
      return Long.compareUnsigned(address - start, end - start) < 0;
    }
  }

  private final KernelSymbols kernel;
  private final boolean restricted;

  // Guarded by this, as what follows.
  private @Nullable SymbolText unparsed;
  private ParsedSymbols parsed = ParsedSymbols.NONE;
  private @Nullable Bounds bounds;

  private SymbolTable() {
    kernel = KernelSymbols.NONE;
    restricted = false;
  }

  private SymbolTable(SymbolText text) {
    kernel = KernelSymbols.of(text);
    unparsed = text;
    restricted = kernel.isEmpty() ? others().hidden() : kernel.hidden();
  }

  /**
   * Reads to the end of {@code in}, which has a line {@code address type name} for each symbol; a
   * module's name follows in brackets after a tab. Lines in any other form are skipped.
   */
  static SymbolTable read(SymbolText.ByteSource in) throws IOException {
    return new SymbolTable(SymbolText.read(in));
  }

  boolean isEmpty() {
    return restricted || (kernel.isEmpty() && others().isEmpty());
  }

  /** Whether there are symbols, but their addresses are hidden from this reader. */
  boolean restricted() {
    return restricted;
  }

  @Nullable String exact(long address) {
    if (restricted) {
      return null;
    }
    int line = kernel.floor(address);
    if (line >= 0 && kernel.address(line) == address) {
      return kernel.name(line);
    }
    ParsedSymbols others = others();
    int index = others.floor(address);
    return index >= 0 && others.address(index) == address ? others.name(index) : null;
  }

  /** Returns the symbol whose code contains an address; null when no known code does. */
  @Nullable String nearest(long address, List<LoadedModule> modules) {
    if (restricted) {
      return null;
    }
    int line = kernel.floor(address);
    if (line >= 0 && (kernel.address(line) == address || bounds().contain(address))) {
      return kernel.name(line);
    }
    ParsedSymbols others = others();
    int index = others.floor(address);
    if (index >= 0
        && (line < 0 || Long.compareUnsigned(others.address(index), kernel.address(line)) >= 0)) {
      return reaches(others.address(index), others.module(index), address, modules)
          ? others.name(index)
          : null;
    }
    return line >= 0 && reaches(kernel.address(line), null, address, modules)
        ? kernel.name(line)
        : null;
  }

  private boolean reaches(
      long symbol, @Nullable String module, long address, List<LoadedModule> modules) {
    if (symbol == address) {
      return true;
    }
    if (module == null && bounds().known()) {
      return bounds().contain(address);
    }
    for (LoadedModule loaded : modules) {
      if (loaded.contains(symbol) && loaded.name().equals(module)) {
        return loaded.contains(address);
      }
    }
    return Long.compareUnsigned(address - symbol, LARGEST_FUNCTION) < 0;
  }

  /** Returns the address of a symbol; the kernel's own symbol is preferred to a module's. */
  @Nullable Long address(String name) {
    if (restricted) {
      return null;
    }
    Long own = kernel.find(name);
    if (own == null) {
      own = others().find(name);
    }
    return own != null ? own : others().findInModules(name);
  }

  private synchronized ParsedSymbols others() {
    SymbolText text = unparsed;
    if (text != null) {
      parsed = ParsedSymbols.of(text.copy(kernel.length(), text.length()));
      unparsed = null;
    }
    return parsed;
  }

  /**
   * Returns where the kernel's own code and data begin and end, if that can be told from the file.
   */
  private synchronized Bounds bounds() {
    Bounds known = bounds;
    if (known == null) {
      Long start = ofKernel("_stext");
      // Some kernels list no data symbols, and so no _end.
      Long end =
          Stream.of("_end", "_einittext", "_etext")
              .map(this::ofKernel)
              .filter(Objects::nonNull)
              .findFirst()
              .orElse(null);
      known = start == null || end == null ? new Bounds(0, 0) : new Bounds(start, end);
      bounds = known;
    }
    return known;
  }

  private @Nullable Long ofKernel(String name) {
    return kernel.isEmpty() ? others().find(name) : kernel.find(name);
  }
}
