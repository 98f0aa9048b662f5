// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** The variables of an object's data sections, as its BTF lists them (struct btf_type of btf.h). */
final class GlobalVariables {
  private static final int BTF_KIND_DATASEC = 15;
  private static final int BTF_TYPE_BYTES = 12;
  private static final int VAR_SECINFO_BYTES = 12;

  private GlobalVariables() {}

  /**
   * The {@code struct btf_var_secinfo} (u32 type, u32 offset, u32 size) of a variable.
   *
   * @param mapName the map that libbpf made of the section, {@code object.rodata} or {@code
   *     .rodata}
   */
  static Optional<MemorySegment> find(MemorySegment object, String mapName, String variable) {
    MemorySegment btf = Libbpf.Objects.btf(object);
    int dot = mapName.indexOf('.');
    if (btf.address() == 0 || dot < 0) {
      return Optional.empty();
    }
    int section;
    try (Arena arena = Arena.ofConfined()) {
      section =
          Libbpf.Btf.findByNameKind(
              btf, arena.allocateFrom(mapName.substring(dot)), BTF_KIND_DATASEC);
    }
    if (section < 0) {
      return Optional.empty();
    }
    MemorySegment type = Libbpf.Btf.typeById(btf, section);
    int variables = type.reinterpret(BTF_TYPE_BYTES).get(Libbpf.U32, 4) & 0xffff;
    // The entries follow their type in the BTF, which lives as long as the object.
    MemorySegment entries = type.reinterpret(BTF_TYPE_BYTES + (long) variables * VAR_SECINFO_BYTES);
    for (int i = 0; i < variables; i++) {
      MemorySegment entry =
          entries.asSlice(BTF_TYPE_BYTES + (long) i * VAR_SECINFO_BYTES, VAR_SECINFO_BYTES);
      MemorySegment variableType =
          Libbpf.Btf.typeById(btf, entry.get(Libbpf.U32, 0)).reinterpret(BTF_TYPE_BYTES);
      if (Libbpf.Btf.nameByOffset(btf, variableType.get(Libbpf.U32, 0)).equals(variable)) {
        return Optional.of(entry);
      }
    }
    return Optional.empty();
  }
}
