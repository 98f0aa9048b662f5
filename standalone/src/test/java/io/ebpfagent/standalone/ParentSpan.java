// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/** A span in user space that is the parent of the kernel's spans. */
record ParentSpan(String traceId, String spanId) {
  static final ParentSpan SAMPLED =
      new ParentSpan("0102030405060708090a0b0c0d0e0f10", "a1a2a3a4a5a6a7a8");

  /**
   * Returns the bytes of {@code struct span_context} of include/span.h, followed by numbers of 8
   * bytes.
   */
  byte[] context(long... more) {
    ByteBuffer bytes =
        ByteBuffer.allocate(24 + Long.BYTES * more.length).order(ByteOrder.nativeOrder());
    bytes.put(HexFormat.of().parseHex(traceId)).put(HexFormat.of().parseHex(spanId));
    for (long number : more) {
      bytes.putLong(number);
    }
    return bytes.array();
  }

  /** Returns a map's key of 8 bytes. */
  static byte[] key(long id) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(id).array();
  }

  /** Returns a map's key of 4 bytes. */
  static byte[] key(int id) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(id).array();
  }
}
