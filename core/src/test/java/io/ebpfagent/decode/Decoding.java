// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.ebpfagent.config.DecoderSpec;
import io.ebpfagent.config.Label;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** Short forms for the tables in decoder tests. */
final class Decoding {
  private Decoding() {}

  /** Decodes bytes that begin in the middle of a larger array, as in keys. */
  static String decode(Decoder decoder, byte[] in) throws DecodeException {
    byte[] key = ByteBuffer.allocate(in.length + 5).put(3, in).array();
    Bytes out = new Bytes(1);
    out.append("before ");
    int start = out.length();
    if (decoder.decode(key, 3, in.length, out) == Outcome.SKIP_ROW) {
      return "(row skipped)";
    }
    return new String(out.array(), start, out.length() - start, UTF_8);
  }

  static String decode(Decoder decoder, String in) throws DecodeException {
    return decode(decoder, in.getBytes(UTF_8));
  }

  /** Converts a text to bytes: each character is a byte, and so is a caret with two hex digits. */
  static byte[] bytes(String text) {
    StringBuilder bytes = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '^') {
        bytes.append((char) Integer.parseInt(text, i + 1, i + 3, 16));
        i += 2;
      } else {
        bytes.append(text.charAt(i));
      }
    }
    return bytes.toString().getBytes(ISO_8859_1);
  }

  static byte[] u64(long... values) {
    ByteBuffer key = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.nativeOrder());
    key.asLongBuffer().put(values);
    return key.array();
  }

  static byte[] u32(int... values) {
    ByteBuffer key =
        ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.nativeOrder());
    key.asIntBuffer().put(values);
    return key.array();
  }

  /** Returns caches with their own budget. */
  static LabelChain.Caches caches(LongSupplier nanoTime) {
    return mayChange ->
        new AnswerCache(
            new Freshness(mayChange, nanoTime),
            AnswerCache.MOST_ENTRIES,
            new CacheBudget(CacheBudget.DEFAULT_BYTES));
  }

  /** Returns a label with decoders that have no settings. */
  static Label label(String name, int size, String... decoders) {
    return new Label(name, size, 0, Stream.of(decoders).map(DecoderSpec::of).toList());
  }

  static DecoderSpec staticMap(Map<String, String> map, boolean allowUnknown) {
    return DecoderSpec.staticMap(map, allowUnknown);
  }
}
