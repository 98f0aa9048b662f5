// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;

/**
 * Replaces text by means of a table in the config; keys are compared as bytes, never as numbers.
 */
final class StaticMapDecoder implements Decoder {
  private static final byte[] UNKNOWN = "unknown:".getBytes(UTF_8);

  private final ByteKeys keys = new ByteKeys();

  /** Values by the numbers of their keys. */
  private final byte[][] values;

  private final boolean allowUnknown;
  private final boolean plainValues;

  StaticMapDecoder(Map<String, String> map, boolean allowUnknown) {
    values = new byte[map.size()][];
    this.allowUnknown = allowUnknown;
    plainValues = map.values().stream().allMatch(Text::isPlain);
    map.forEach(
        (key, value) -> {
          byte[] bytes = key.getBytes(UTF_8);
          int number = keys.add(bytes, 0, bytes.length, Integer.MAX_VALUE);
          values[number] = value.getBytes(UTF_8);
        });
  }

  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) {
    int number = keys.find(in, offset, length);
    if (number >= 0) {
      out.append(values[number]);
      return Outcome.VALUE;
    }
    if (!allowUnknown) {
      out.append(UNKNOWN);
    }
    Text.append(in, offset, length, out);
    return Outcome.VALUE;
  }

  @Override
  public boolean plain(boolean input) {
    return input && plainValues;
  }
}
