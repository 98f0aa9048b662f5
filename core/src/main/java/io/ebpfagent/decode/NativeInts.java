// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Reads integers in the host's byte order, in which the kernel writes them. */
final class NativeInts {
  private static final VarHandle SHORT = view(short[].class);
  private static final VarHandle INT = view(int[].class);
  private static final VarHandle LONG = view(long[].class);

  private NativeInts() {}

  private static VarHandle view(Class<?> type) {
    return MethodHandles.byteArrayViewVarHandle(type, ByteOrder.nativeOrder());
  }

  private static long u16(byte[] in, int offset) {
    return (short) SHORT.get(in, offset) & 0xffffL;
  }

  static long u32(byte[] in, int offset) {
    return (int) INT.get(in, offset) & 0xffff_ffffL;
  }

  static long u64(byte[] in, int offset) {
    return (long) LONG.get(in, offset);
  }

  /** Whether {@code size} is an integer's size in bytes. */
  static boolean isSize(int size) {
    return size == Long.BYTES || size == Integer.BYTES || size == Short.BYTES || size == Byte.BYTES;
  }

  /** Returns the unsigned integer of {@code size} bytes at {@code offset}. */
  static long unsigned(byte[] in, int offset, int size) {
    return switch (size) {
      case Long.BYTES -> u64(in, offset);
      case Integer.BYTES -> u32(in, offset);
      case Short.BYTES -> u16(in, offset);
      case Byte.BYTES -> in[offset] & 0xff;
      default -> throw new IllegalArgumentException("size=" + size);
    };
  }
}
