// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Text to text by a table of the config; keys compare as bytes, never as numbers. */
final class StaticMapDecoder implements Decoder {
  private static final byte[] UNKNOWN = "unknown:".getBytes(UTF_8);

  /** Open addressing: a key at {@code 2i}, its value behind it; never more than half full. */
  private final byte[] @Nullable [] slots;

  private final int mask;
  private final boolean allowUnknown;
  private final boolean plainValues;

  StaticMapDecoder(Map<String, String> map, boolean allowUnknown) {
    int capacity = Integer.highestOneBit(Math.max(map.size(), 1)) * 4;
    slots = new byte @Nullable [capacity * 2][];
    mask = capacity - 1;
    this.allowUnknown = allowUnknown;
    plainValues = map.values().stream().allMatch(Text::isPlain);
    map.forEach(
        (key, value) -> {
          byte[] bytes = key.getBytes(UTF_8);
          int slot = ByteRange.hash(bytes, 0, bytes.length) & mask;
          while (slots[slot * 2] != null) {
            slot = (slot + 1) & mask;
          }
          slots[slot * 2] = bytes;
          slots[slot * 2 + 1] = value.getBytes(UTF_8);
        });
  }

  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) {
    byte[] value = find(in, offset, length);
    if (value != null) {
      out.append(value);
      return Outcome.VALUE;
    }
    if (!allowUnknown) {
      out.append(UNKNOWN);
    }
    Text.append(in, offset, length, out);
    return Outcome.VALUE;
  }

  private byte @Nullable [] find(byte[] in, int offset, int length) {
    int slot = ByteRange.hash(in, offset, length) & mask;
    for (byte[] key = slots[slot * 2]; key != null; key = slots[slot * 2]) {
      if (ByteRange.equals(key, in, offset, length)) {
        return slots[slot * 2 + 1];
      }
      slot = (slot + 1) & mask;
    }
    return null;
  }

  @Override
  public boolean plain(boolean input) {
    return input && plainValues;
  }
}
