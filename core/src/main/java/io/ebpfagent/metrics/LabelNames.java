// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.decode.Bytes;
import io.ebpfagent.decode.LabelRow;
import io.ebpfagent.decode.RowDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Label names, made ready to be written around their values. */
final class LabelNames {
  private static final byte[] BACKSLASH = {'\\', '\\'};
  private static final byte[] QUOTE = {'\\', '"'};
  private static final byte[] NEWLINE = {'\\', 'n'};

  private final List<String> names;
  private final byte[][] before;
  private final boolean[] plain;

  /**
   * @param plain by label, whether its values never need escaping
   */
  LabelNames(List<String> names, boolean[] plain) {
    this.names = List.copyOf(names);
    this.plain = plain.clone();
    before = new byte[names.size()][];
    for (int i = 0; i < before.length; i++) {
      before[i] =
          ((i == 0 ? "{" : "\",") + names.get(i) + "=\"").getBytes(StandardCharsets.US_ASCII);
    }
  }

  /** Names of labels whose values may hold anything. */
  static LabelNames of(String... names) {
    return new LabelNames(List.of(names), new boolean[names.length]);
  }

  /**
   * The names of some of a decoder's labels.
   *
   * @param shown which of them, by index
   */
  static LabelNames of(RowDecoder decoder, int[] shown) {
    boolean[] plain = new boolean[shown.length];
    List<String> names = new ArrayList<>();
    for (int i = 0; i < shown.length; i++) {
      plain[i] = decoder.plain(shown[i]);
      names.add(decoder.labels().get(shown[i]).name());
    }
    return new LabelNames(names, plain);
  }

  List<String> names() {
    return names;
  }

  int size() {
    return before.length;
  }

  /** What stands before each value, the first with a sample's name in front. */
  byte[][] before(byte[] sampleName) {
    byte[][] named = before.clone();
    if (named.length > 0) {
      named[0] = Arrays.copyOf(sampleName, sampleName.length + before[0].length);
      System.arraycopy(before[0], 0, named[0], sampleName.length, before[0].length);
    }
    return named;
  }

  /**
   * Appends the labels up to the last value, without what closes it; nothing when there are none.
   */
  void append(LabelRow row, Bytes out) {
    append(before, row, out);
  }

  /** The same with {@code pieces} from {@link #before(byte[])}. */
  void append(byte[][] pieces, LabelRow row, Bytes out) {
    byte[] values = row.bytes().array();
    for (int i = 0; i < pieces.length; i++) {
      out.append(pieces[i]);
      int start = row.start(i);
      int end = row.end(i);
      if (plain[i]) {
        out.append(values, start, end - start);
      } else {
        escape(values, start, end, out);
      }
    }
  }

  /** The labels of a row as the text formats have them, for messages. */
  String text(LabelRow row) {
    Bytes text = new Bytes(64);
    append(row, text);
    if (size() > 0) {
      text.append("\"}");
    }
    return text.toString();
  }

  /** What both exposition formats escape in a label value: backslash, quote and line feed. */
  static void escape(byte[] text, int start, int end, Bytes out) {
    int from = start;
    for (int i = start; i < end; i++) {
      byte[] escaped =
          switch (text[i]) {
            case '\\' -> BACKSLASH;
            case '"' -> QUOTE;
            case '\n' -> NEWLINE;
            default -> null;
          };
      if (escaped != null) {
        out.append(text, from, i - from);
        out.append(escaped);
        from = i + 1;
      }
    }
    out.append(text, from, end - from);
  }
}
