// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Estimates, without compiling it, what a regular expression compiles to.
 *
 * <p>RE2 matches in linear time, but {@code ((a{1000}){1000}){1000}} exhausts the heap while it is
 * compiled, and thousands of parentheses the stack.
 */
final class PatternSize {
  private static final long MAX_SIZE = 10_000;
  private static final int MAX_DEPTH = 200;
  private static final Pattern REPEAT = Pattern.compile("\\{([0-9]{1,9})(,([0-9]{0,9}))?}");

  private final String pattern;
  private int at;

  /** Sizes of what stands before the groups that are open. */
  private final Deque<Long> outer = new ArrayDeque<>();

  /** The size of the current group but for its last atom. */
  private long before;

  /** The size of the last atom, which a repetition multiplies. */
  private long atom;

  private boolean tooLarge;

  private PatternSize(String pattern) {
    this.pattern = pattern;
  }

  /** True when compiling the pattern would cost much more than any real one does. */
  static boolean isExcessive(String pattern) {
    PatternSize size = new PatternSize(pattern);
    while (size.at < pattern.length() && !size.tooLarge) {
      size.step();
    }
    return size.tooLarge;
  }

  private void step() {
    char c = pattern.charAt(at++);
    switch (c) {
      case '\\' -> escape();
      case '[' -> charClass();
      case '(' -> {
        outer.push(before + atom);
        before = 0;
        atom = 0;
        tooLarge |= outer.size() > MAX_DEPTH;
      }
      case ')' -> {
        long inside = Math.max(1, before + atom);
        before = outer.isEmpty() ? 0 : outer.pop();
        atom = 0;
        append(inside);
      }
      case '{' -> repeat();
      default -> append(1);
    }
  }

  private void append(long size) {
    before += atom;
    atom = size;
    tooLarge |= before + atom > MAX_SIZE;
  }

  private void escape() {
    if (pattern.startsWith("Q", at)) {
      int end = pattern.indexOf("\\E", at);
      int length = (end < 0 ? pattern.length() : end) - at;
      append(length);
      at += length;
      return;
    }
    char c = at < pattern.length() ? pattern.charAt(at++) : '\\';
    if ("pPx".indexOf(c) >= 0 && pattern.startsWith("{", at)) {
      at = Math.max(at, pattern.indexOf('}', at) + 1);
    }
    append(1);
  }

  /** Skips a class; its first character is never its end, and {@code [:alpha:]} may be inside. */
  private void charClass() {
    if (pattern.startsWith("^", at)) {
      at++;
    }
    for (boolean first = true; at < pattern.length(); first = false) {
      char c = pattern.charAt(at++);
      if (c == ']' && !first) {
        break;
      } else if (c == '\\') {
        at++;
      } else if (c == '[' && pattern.startsWith(":", at)) {
        int end = pattern.indexOf(":]", at);
        at = end < 0 ? at : end + 2;
      }
    }
    append(1);
  }

  private void repeat() {
    Matcher repeat = REPEAT.matcher(pattern).region(at - 1, pattern.length());
    if (!repeat.lookingAt()) {
      append(1);
      return;
    }
    at = repeat.end();
    String most = repeat.group(3);
    long times = Long.parseLong(most == null || most.isEmpty() ? repeat.group(1) : most);
    atom *= Math.max(1, times);
    tooLarge |= before + atom > MAX_SIZE;
  }
}
