// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Decodes a block device's number to its name.
 *
 * <pre>
 * as the kernel's new_encode_dev makes it:  31        20 19        8 7        0
 *                                           minor 19..8   major       minor 7..0
 * </pre>
 */
final class MajorMinorDecoder implements Decoder {
  private final NameTable names;

  /**
   * @param partitions /proc/partitions
   */
  MajorMinorDecoder(Path partitions, LongSupplier nanoTime) {
    names = new NameTable(() -> read(partitions), nanoTime);
  }

  private static Map<Long, String> read(Path partitions) throws IOException {
    Map<Long, String> names = new HashMap<>();
    // Names are bytes. A name that is not UTF-8 must not hide the others, as it would with
    // readString.
    for (String line : new String(Files.readAllBytes(partitions), UTF_8).split("\n", -1)) {
      // Fields: major, minor, blocks, name. A line of headings comes first.
      String[] fields = line.strip().split("\\s+", -1);
      if (fields.length == 4 && Character.isDigit(fields[0].charAt(0))) {
        try {
          names.putIfAbsent(
              number(Long.parseLong(fields[0]), Long.parseLong(fields[1])), fields[3]);
        } catch (NumberFormatException e) {
          // The line is not a device's.
        }
      }
    }
    return names;
  }

  private static long number(long major, long minor) {
    return major << Integer.SIZE | minor;
  }

  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) throws DecodeException {
    if (length < Integer.BYTES) {
      throw new DecodeException("needs 4 bytes");
    }
    long device = NativeInts.u32(in, offset);
    long major = device >> 8 & 0xfff;
    long minor = (device & 0xff) | (device >> 12 & 0xfff00);
    String name = names.name(number(major, minor));
    if (name != null) {
      out.append(name);
      return Outcome.VALUE;
    }
    out.append("unknown:");
    out.appendUnsigned(major);
    out.append(':');
    out.appendUnsigned(minor);
    return Outcome.STAND_IN;
  }

  @Override
  public boolean costly() {
    return true;
  }

  @Override
  public boolean mayChange() {
    return true;
  }
}
