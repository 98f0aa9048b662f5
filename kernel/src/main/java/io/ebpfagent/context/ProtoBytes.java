// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.context;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** As much of protobuf's encoding as attributes take: opentelemetry.proto.common.v1. */
final class ProtoBytes {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int DELIMITED = 2;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** {@code KeyValue { string key = 1; AnyValue value = 2; }} */
  static ProtoBytes attribute(String key, Object value) {
    return new ProtoBytes().text(1, key).message(2, any(value));
  }

  /** {@code AnyValue}: a text 1, a boolean 2, a whole number 3, a number 4, or a list 5. */
  private static ProtoBytes any(Object value) {
    ProtoBytes any = new ProtoBytes();
    switch (value) {
      case Boolean bool -> any.tag(2, VARINT).varint(bool ? 1 : 0);
      case Long number -> any.tag(3, VARINT).varint(number);
      case Double number -> any.tag(4, FIXED64).fixed(Double.doubleToRawLongBits(number));
      case List<?> list -> {
        ProtoBytes values = new ProtoBytes();
        list.forEach(item -> values.message(1, any(item)));
        any.message(5, values);
      }
      default -> any.text(1, value.toString());
    }
    return any;
  }

  ProtoBytes message(int field, ProtoBytes message) {
    return delimited(field, message.bytes());
  }

  private ProtoBytes text(int field, String text) {
    return delimited(field, text.getBytes(StandardCharsets.UTF_8));
  }

  private ProtoBytes delimited(int field, byte[] bytes) {
    tag(field, DELIMITED).varint(bytes.length);
    out.writeBytes(bytes);
    return this;
  }

  private ProtoBytes tag(int field, int type) {
    return varint((long) field << 3 | type);
  }

  private ProtoBytes varint(long value) {
    long left = value;
    while ((left & ~0x7fL) != 0) {
      out.write((int) (left & 0x7f) | 0x80);
      left >>>= 7;
    }
    out.write((int) left);
    return this;
  }

  private ProtoBytes fixed(long value) {
    out.writeBytes(
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    return this;
  }

  byte[] bytes() {
    return out.toByteArray();
  }
}
