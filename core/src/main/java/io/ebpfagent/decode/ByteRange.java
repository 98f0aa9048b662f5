// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.util.Arrays;

/**
 * Part of an array as a key: hashed and compared where it lies, so that a look-up copies nothing.
 */
final class ByteRange {
  private static final long MIX = 0x9e3779b97f4a7c15L;

  private ByteRange() {}

  static int hash(byte[] bytes, int offset, int length) {
    long hash = length * MIX;
    int at = offset;
    int end = offset + length;
    for (; at <= end - Long.BYTES; at += Long.BYTES) {
      hash = mix(hash ^ NativeInts.u64(bytes, at));
    }
    if (at < end) {
      long rest = 0;
      for (; at < end; at++) {
        rest = (rest << Byte.SIZE) | (bytes[at] & 0xffL);
      }
      hash = mix(hash ^ rest);
    }
    return (int) (hash ^ hash >>> 32);
  }

  private static long mix(long value) {
    long mixed = value * MIX;
    return mixed ^ mixed >>> 29;
  }

  static boolean equals(byte[] whole, byte[] bytes, int offset, int length) {
    return Arrays.equals(whole, 0, whole.length, bytes, offset, offset + length);
  }
}
