package io.ebpfagent.decode;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Integers in the byte order that the kernel writes: the host's. */
final class NativeInts {
  private static final VarHandle SHORT = view(short[].class);
  private static final VarHandle INT = view(int[].class);
  private static final VarHandle LONG = view(long[].class);

  private NativeInts() {}

  private static VarHandle view(Class<?> type) {
    return MethodHandles.byteArrayViewVarHandle(type, ByteOrder.nativeOrder());
  }

  static long u16(byte[] in, int offset) {
    return (short) SHORT.get(in, offset) & 0xffffL;
  }

  static long u32(byte[] in, int offset) {
    return (int) INT.get(in, offset) & 0xffff_ffffL;
  }

  static long u64(byte[] in, int offset) {
    return (long) LONG.get(in, offset);
  }
}
