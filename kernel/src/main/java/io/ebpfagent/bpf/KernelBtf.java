// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The running kernel's type information. Each question parses it anew: questions are few, it is
 * large.
 */
public final class KernelBtf {
  // struct btf_type of btf.h: u32 name_off, u32 info (vlen in 0-15, kind in 24-28), u32 size
  private static final int BTF_TYPE_BYTES = 12;
  private static final int BTF_KIND_ENUM = 6;
  private static final int BTF_KIND_ENUM64 = 19;

  private final @Nullable Path external;

  /**
   * @param external a BTF file; null for /sys/kernel/btf/vmlinux
   */
  public KernelBtf(@Nullable Path external) {
    this.external = external;
  }

  /**
   * Reads it once, to know that it can be.
   *
   * @throws BpfException when the file is missing, or neither BTF nor an ELF file that has it
   */
  public void check() throws BpfException {
    try (Arena arena = Arena.ofConfined()) {
      LibbpfLog.capture();
      Libbpf.Pointer btf = parse(arena);
      String log = LibbpfLog.captured();
      if (btf.isNull()) {
        throw new BpfException("read BTF", btf.errno(), VerifierLog.summary(log), log);
      }
      Libbpf.Btf.free(btf.segment());
    }
  }

  private Libbpf.Pointer parse(Arena arena) {
    return external == null
        ? Libbpf.Btf.loadVmlinux()
        : Libbpf.Btf.parse(arena.allocateFrom(external.toString()));
  }

  /** The names of an enum's values; empty where the kernel has no such enum or no BTF. */
  public Map<Long, String> enumerators(String enumName) {
    Map<Long, String> names = new LinkedHashMap<>();
    try (Arena arena = Arena.ofConfined()) {
      Libbpf.Pointer btf = parse(arena);
      if (btf.isNull()) {
        return names;
      }
      try {
        MemorySegment name = arena.allocateFrom(enumName);
        // struct btf_enum: u32 name_off, s32 val; struct btf_enum64: u32 name_off, u32 lo, u32 hi
        read(btf.segment(), name, BTF_KIND_ENUM, 8, names);
        read(btf.segment(), name, BTF_KIND_ENUM64, 12, names);
      } finally {
        Libbpf.Btf.free(btf.segment());
      }
    }
    return names;
  }

  private static void read(
      MemorySegment btf, MemorySegment enumName, int kind, int entryBytes, Map<Long, String> into) {
    int id = Libbpf.Btf.findByNameKind(btf, enumName, kind);
    if (id < 0) {
      return;
    }
    MemorySegment type = Libbpf.Btf.typeById(btf, id);
    int entries = type.reinterpret(BTF_TYPE_BYTES).get(Libbpf.U32, 4) & 0xffff;
    // The entries follow their type in the BTF, which lives until the caller frees it.
    MemorySegment all = type.reinterpret(BTF_TYPE_BYTES + (long) entries * entryBytes);
    for (int i = 0; i < entries; i++) {
      long at = BTF_TYPE_BYTES + (long) i * entryBytes;
      long value =
          kind == BTF_KIND_ENUM
              ? all.get(Libbpf.U32, at + 4)
              : Integer.toUnsignedLong(all.get(Libbpf.U32, at + 4))
                  | ((long) all.get(Libbpf.U32, at + 8) << 32);
      into.put(value, Libbpf.Btf.nameByOffset(btf, all.get(Libbpf.U32, at)));
    }
  }
}
