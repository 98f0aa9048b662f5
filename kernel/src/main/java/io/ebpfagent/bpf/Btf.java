// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.linux.NativeFunction.address;

import io.ebpfagent.linux.NativeFunction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Type information in BTF. The layout of a type is:
 *
 * <pre>
 * struct btf_type   0 u32 name's offset   4 u32 kind in bits 24-28, entries in 0-15   8 u32 size
 *                   12 the entries
 * </pre>
 *
 * @param pointer a struct btf, which is valid until its owner frees it
 */
record Btf(long pointer) {
  /** Layout of all 32-bit fields; types follow each other unaligned. */
  static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;

  private static final int TYPE_BYTES = 12;

  // __s32 btf__find_by_name_kind(const struct btf *btf, const char *type_name, __u32 kind)
  private static final NativeFunction FIND_BY_NAME_KIND = Libbpf.function("btf__find_by_name_kind");
  // const struct btf_type *btf__type_by_id(const struct btf *btf, __u32 id)
  private static final NativeFunction TYPE_BY_ID = Libbpf.function("btf__type_by_id");
  // const char *btf__name_by_offset(const struct btf *btf, __u32 offset)
  private static final NativeFunction NAME_BY_OFFSET = Libbpf.function("btf__name_by_offset");

  /** Returns the id of a type; negative when there is none. */
  int find(String name, int kind) {
    try (Arena arena = Arena.ofConfined()) {
      return FIND_BY_NAME_KIND.asInt(pointer, address(arena.allocateFrom(name)), kind);
    }
  }

  /**
   * Returns the entries of a type.
   *
   * @param entryBytes size of each entry in bytes
   */
  MemorySegment entries(int type, int entryBytes) {
    MemorySegment start = MemorySegment.ofAddress(TYPE_BY_ID.asLong(pointer, type));
    int entries = start.reinterpret(TYPE_BYTES).get(U32, 4) & 0xffff;
    return start.reinterpret(TYPE_BYTES + (long) entries * entryBytes).asSlice(TYPE_BYTES);
  }

  String name(int type) {
    return text(
        MemorySegment.ofAddress(TYPE_BY_ID.asLong(pointer, type))
            .reinterpret(TYPE_BYTES)
            .get(U32, 0));
  }

  /** Returns the string at an offset. */
  String text(int offset) {
    return NativeFunction.string(NAME_BY_OFFSET.asLong(pointer, offset));
  }
}
