// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

/**
 * Decodes IP addresses in network byte order to text: 4 bytes in dotted notation, 16 bytes as RFC
 * 5952 recommends, except that an IPv4-mapped IPv6 address is shown as IPv4. Other lengths become a
 * question mark and hex.
 */
final class InetIpDecoder implements Decoder {
  private static final int V4 = 4;
  private static final int V6 = 16;
  private static final int GROUPS = 8;

  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) {
    switch (length) {
      case V4 -> appendV4(in, offset, out);
      case V6 -> {
        if (isMapped(in, offset)) {
          appendV4(in, offset + V6 - V4, out);
        } else {
          appendV6(in, offset, out);
        }
      }
      default -> {
        out.append('?');
        Hex.appendBytes(in, offset, length, out);
      }
    }
    return Outcome.VALUE;
  }

  private static void appendV4(byte[] in, int offset, Bytes out) {
    for (int i = 0; i < V4; i++) {
      if (i > 0) {
        out.append('.');
      }
      out.appendUnsigned(in[offset + i] & 0xff);
    }
  }

  private static boolean isMapped(byte[] in, int offset) {
    for (int i = 0; i < 10; i++) {
      if (in[offset + i] != 0) {
        return false;
      }
    }
    return in[offset + 10] == -1 && in[offset + 11] == -1;
  }

  private static void appendV6(byte[] in, int offset, Bytes out) {
    // The longest run of two or more zero groups is left out; the first one of equal length.
    int runStart = GROUPS;
    int runLength = 1;
    for (int i = 0, zeros = 0; i < GROUPS; i++) {
      zeros = group(in, offset, i) == 0 ? zeros + 1 : 0;
      if (zeros > runLength) {
        runLength = zeros;
        runStart = i + 1 - zeros;
      }
    }
    for (int i = 0; i < GROUPS; i++) {
      if (i == runStart) {
        out.append(':');
        i += runLength - 1;
        if (i == GROUPS - 1) {
          out.append(':');
        }
        continue;
      }
      if (i > 0) {
        out.append(':');
      }
      Hex.appendNumber(group(in, offset, i), 1, out);
    }
  }

  private static int group(byte[] in, int offset, int group) {
    return (in[offset + 2 * group] & 0xff) << Byte.SIZE | (in[offset + 2 * group + 1] & 0xff);
  }

  @Override
  public boolean injective() {
    return true;
  }

  @Override
  public boolean plain(boolean input) {
    return true;
  }
}
