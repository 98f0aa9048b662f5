// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Map;

/** Decodes a decimal value of a kernel enum to its name in the running kernel's BTF. */
final class BtfEnumDecoder implements Decoder {
  private final long[] values;
  private final byte[][] names;

  BtfEnumDecoder(Map<Long, String> enumerators, String trim) {
    values = enumerators.keySet().stream().mapToLong(Long::longValue).sorted().toArray();
    names =
        Arrays.stream(values)
            .mapToObj(enumerators::get)
            .map(name -> name.startsWith(trim) ? name.substring(trim.length()) : name)
            .map(name -> name.getBytes(UTF_8))
            .toArray(byte[][]::new);
  }

  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) throws DecodeException {
    long value = Decimal.parse(in, offset, length);
    int index = Arrays.binarySearch(values, value);
    if (index < 0 && value >>> Integer.SIZE == 0) {
      // A negative enumerator in a field of 32 bits, which uint prints as unsigned.
      index = Arrays.binarySearch(values, value << Integer.SIZE >> Integer.SIZE);
    }
    if (index >= 0) {
      out.append(names[index]);
    } else {
      out.append("unknown:");
      out.appendUnsigned(value);
    }
    return Outcome.VALUE;
  }

  @Override
  public boolean plain(boolean input) {
    return true;
  }
}
