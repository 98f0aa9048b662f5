// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.kallsyms;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.util.Arrays;

/**
 * The text of kallsyms as it was read: a line {@code address type name} for each symbol, and after
 * a module's symbol a tab and the module's name in brackets. A line is known by the index of its
 * first byte. The text has several megabytes, so it is kept in pages as they were read.
 */
final class SymbolText {
  private static final int PAGE_BITS = 16;
  static final int PAGE = 1 << PAGE_BITS;

  static final SymbolText EMPTY = new SymbolText(new byte[0][], 0);

  private final byte[][] pages;
  private final int length;

  private SymbolText(byte[][] pages, int length) {
    this.pages = pages;
    this.length = length;
  }

  static SymbolText read(ByteSource in) throws IOException {
    byte[][] pages = new byte[128][];
    int length = 0;
    while (true) {
      int page = length >>> PAGE_BITS;
      if (page == pages.length) {
        pages = Arrays.copyOf(pages, page * 2);
      }
      if (pages[page] == null) {
        pages[page] = new byte[PAGE];
      }
      int filled = length & (PAGE - 1);
      int count = in.read(pages[page], filled, PAGE - filled);
      if (count <= 0) {
        return new SymbolText(pages, length).head(length);
      }
      length += count;
    }
  }

  /** Returns the text before a line. */
  SymbolText head(int line) {
    return new SymbolText(Arrays.copyOf(pages, (line + PAGE - 1) >>> PAGE_BITS), line);
  }

  int length() {
    return length;
  }

  byte[] copy(int from, int to) {
    byte[] copy = new byte[to - from];
    for (int at = from; at < to; ) {
      int offset = at & (PAGE - 1);
      int count = Math.min(to - at, PAGE - offset);
      System.arraycopy(pages[at >>> PAGE_BITS], offset, copy, at - from, count);
      at += count;
    }
    return copy;
  }

  private byte at(int index) {
    return pages[index >>> PAGE_BITS][index & (PAGE - 1)];
  }

  /** Returns the line that has a byte. */
  int lineOf(int index) {
    int line = index;
    while (line > 0 && at(line - 1) != '\n') {
      line--;
    }
    return line;
  }

  /** Returns the line after another; the text's length when there is none. */
  int lineAfter(int line) {
    return Math.min(end(line) + 1, length);
  }

  private int end(int from) {
    int at = from;
    while (at < length && at(at) != '\n') {
      at++;
    }
    return at;
  }

  long address(int line) {
    long address = 0;
    for (int at = line; at < length && at(at) != ' '; at++) {
      int c = at(at);
      address = (address << 4) | (c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return address;
  }

  /** Returns the name of a line's symbol, with its module. */
  String name(int line) {
    int name = nameOf(line);
    return new String(copy(name, end(name)), UTF_8);
  }

  private int nameOf(int line) {
    int at = line;
    while (at < length && at(at) != ' ') {
      at++;
    }
    return Math.min(at + " T ".length(), length);
  }

  boolean hasName(int line, byte[] wanted) {
    int name = nameOf(line);
    int end = name + wanted.length;
    if (end > length || (end < length && at(end) != '\n')) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if (at(name + i) != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  /** Whether a line's symbol is a module's, or has a name in brackets as those of modules have. */
  boolean isOfModule(int line) {
    int end = end(line);
    return end > line && at(end - 1) == ']';
  }

  /** Source of the text; works like {@code InputStream.read}. */
  @FunctionalInterface
  interface ByteSource {
    int read(byte[] buffer, int offset, int length) throws IOException;
  }
}
