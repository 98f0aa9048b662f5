// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.decode.Bytes;
import io.ebpfagent.decode.LabelRow;
import io.ebpfagent.decode.RowDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Label names, prepared for writing them around their values. */
final class LabelNames {
  private static final byte[] BACKSLASH = {'\\', '\\'};
  private static final byte[] QUOTE = {'\\', '"'};
  private static final byte[] NEWLINE = {'\\', 'n'};

  private final List<String> names;
  private final byte[][] before;
  private final boolean[] plain;

  /**
   * @param plain for each label, whether its values never need escaping
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

  /** Creates names of labels whose values may contain any characters. */
  static LabelNames of(String... names) {
    return new LabelNames(List.of(names), new boolean[names.length]);
  }

  /**
   * Creates the names of some of a decoder's labels.
   *
   * @param shown the indexes of these labels
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

  /** Returns the text before each value; the first begins with the sample's name. */
  byte[][] before(byte[] sampleName) {
    byte[][] named = before.clone();
    if (named.length > 0) {
      named[0] = Arrays.copyOf(sampleName, sampleName.length + before[0].length);
      System.arraycopy(before[0], 0, named[0], sampleName.length, before[0].length);
    }
    return named;
  }

  /**
   * Appends the labels up to the last value, without the closing quote and brace; nothing when
   * there are no labels.
   */
  void append(LabelRow row, Bytes out) {
    append(before, row, out);
  }

  /** Like {@link #append(LabelRow, Bytes)}, with {@code pieces} from {@link #before(byte[])}. */
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

  /** Returns the labels of a row as in the text formats, for messages. */
  String text(LabelRow row) {
    Bytes text = new Bytes(64);
    append(row, text);
    if (size() > 0) {
      text.append("\"}");
    }
    return text.toString();
  }

  /**
   * Appends text with escapes for what both exposition formats escape in a label value: backslash,
   * double quote and line feed.
   */
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
