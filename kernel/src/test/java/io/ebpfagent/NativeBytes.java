// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Builds the bytes of map keys and values: fields end to end, in the host's byte order. */
public final class NativeBytes {
  private final ByteBuffer buffer = ByteBuffer.allocate(4096).order(ByteOrder.nativeOrder());

  private NativeBytes() {}

  public static NativeBytes bytes() {
    return new NativeBytes();
  }

  /** Returns a key or value that consists of u64. */
  public static byte[] u64s(long... values) {
    NativeBytes bytes = new NativeBytes();
    for (long value : values) {
      bytes.u64(value);
    }
    return bytes.array();
  }

  /** Returns a key or value that consists of u32. */
  public static byte[] u32s(int... values) {
    NativeBytes bytes = new NativeBytes();
    for (int value : values) {
      bytes.u32(value);
    }
    return bytes.array();
  }

  public NativeBytes u8(int value) {
    buffer.put((byte) value);
    return this;
  }

  public NativeBytes u32(int value) {
    buffer.putInt(value);
    return this;
  }

  public NativeBytes u64(long value) {
    buffer.putLong(value);
    return this;
  }

  /** Appends a {@code char[size]}: the text in UTF-8, then NULs. */
  public NativeBytes chars(String text, int size) {
    return raw(text.getBytes(StandardCharsets.UTF_8), size);
  }

  /** Appends bytes, then zeros up to {@code size}. */
  public NativeBytes raw(byte[] bytes, int size) {
    int end = buffer.position() + size;
    buffer.put(bytes);
    while (buffer.position() < end) {
      buffer.put((byte) 0);
    }
    return this;
  }

  public byte[] array() {
    byte[] array = new byte[buffer.position()];
    buffer.get(0, array);
    return array;
  }
}
