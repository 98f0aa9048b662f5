// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.bpf.Btf.U32;

import io.ebpfagent.linux.NativeFunction;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Finds the variables of an object's data sections in its BTF. */
final class GlobalVariables {
  private static final int BTF_KIND_DATASEC = 15;
  // struct btf_var_secinfo: 0 u32 type | 4 u32 offset | 8 u32 size
  private static final int ENTRY_BYTES = 12;

  // struct btf *bpf_object__btf(const struct bpf_object *obj)
  private static final NativeFunction BTF = Libbpf.function("bpf_object__btf");

  private GlobalVariables() {}

  /** Position of a variable in its section, in bytes. */
  record Place(long offset, long size) {}

  /**
   * Finds a variable.
   *
   * @param mapName the map that libbpf made of the section, {@code object.rodata} or {@code
   *     .rodata}
   */
  static Optional<Place> find(long object, String mapName, String variable) {
    Btf btf = new Btf(BTF.asLong(object));
    int dot = mapName.indexOf('.');
    int section =
        btf.pointer() == 0 || dot < 0 ? -1 : btf.find(mapName.substring(dot), BTF_KIND_DATASEC);
    if (section < 0) {
      return Optional.empty();
    }
    MemorySegment entries = btf.entries(section, ENTRY_BYTES);
    for (long at = 0; at < entries.byteSize(); at += ENTRY_BYTES) {
      if (btf.name(entries.get(U32, at)).equals(variable)) {
        return Optional.of(
            new Place(
                Integer.toUnsignedLong(entries.get(U32, at + 4)),
                Integer.toUnsignedLong(entries.get(U32, at + 8))));
      }
    }
    return Optional.empty();
  }
}
