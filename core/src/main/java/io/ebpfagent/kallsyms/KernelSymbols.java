// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.kallsyms;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's own symbols, without the modules'. The kernel lists them first and by ascending
 * address, because it looks them up in that order itself; so they are looked up in the text, and
 * none of the 100,000 lines or more has to be parsed before.
 */
final class KernelSymbols {
  /**
   * Every line at such a distance, in bytes, is compared with the one before it, to see whether the
   * text really ascends.
   */
  private static final int SAMPLE = 1 << 12;

  static final KernelSymbols NONE = new KernelSymbols(SymbolText.EMPTY);

  private final SymbolText text;

  private KernelSymbols(SymbolText text) {
    this.text = text;
  }

  /**
   * Returns the kernel's symbols at the beginning of a text; none when they don't ascend there, or
   * when the text is so short that it may as well be parsed.
   */
  static KernelSymbols of(SymbolText text) {
    int end = text.length() < SymbolText.PAGE ? 0 : firstLine(text, text::isOfModule);
    long last = 0;
    for (int at = 0; at < end; at += SAMPLE) {
      long address = text.address(text.lineOf(at));
      if (Long.compareUnsigned(last, address) > 0) {
        return NONE;
      }
      last = address;
    }
    return new KernelSymbols(text.head(end));
  }

  /** Length of the part of the text that they take. */
  int length() {
    return text.length();
  }

  boolean isEmpty() {
    return text.length() == 0;
  }

  /** Whether the kernel wrote zeros, as it does for readers that may not see addresses. */
  boolean hidden() {
    return !isEmpty() && text.address(text.lineOf(text.length() - 1)) == 0;
  }

  /**
   * Returns the line of the last symbol at or before an address; -1 when there is none. Of several
   * at the same address it is the last in the file.
   */
  int floor(long address) {
    int after = firstLine(text, line -> Long.compareUnsigned(text.address(line), address) > 0);
    return after == 0 ? -1 : text.lineOf(after - 1);
  }

  long address(int line) {
    return text.address(line);
  }

  String name(int line) {
    return text.name(line);
  }

  @Nullable Long find(String name) {
    byte[] wanted = name.getBytes(UTF_8);
    for (int line = 0; line < text.length(); line = text.lineAfter(line)) {
      if (text.hasName(line, wanted)) {
        return text.address(line);
      }
    }
    return null;
  }

  /**
   * Returns the first line for which a condition holds, which holds for all lines after it, too;
   * the text's length when there is none.
   */
  private static int firstLine(SymbolText text, IntPredicate condition) {
    int low = 0;
    int high = text.length();
    while (low < high) {
      int line = text.lineOf((low + high) >>> 1);
      if (condition.test(line)) {
        high = line;
      } else {
        low = text.lineAfter(line);
      }
    }
    return low;
  }
}
