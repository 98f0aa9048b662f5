// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.bpf.Btf.U32;
import static io.ebpfagent.linux.NativeFunction.address;

import io.ebpfagent.linux.NativeFunction;
import io.ebpfagent.log.Log;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The running kernel's type information. Each call parses it again: calls are rare, and it is too
 * large to keep.
 */
public final class KernelBtf {
  private static final int BTF_KIND_ENUM = 6;
  private static final int BTF_KIND_ENUM64 = 19;
  // struct btf_enum: 0 u32 name's offset | 4 s32 value
  private static final int ENUM_BYTES = 8;
  // struct btf_enum64: 0 u32 name's offset | 4 u32 value's low half | 8 u32 its high half
  private static final int ENUM64_BYTES = 12;

  // struct btf *btf__load_vmlinux_btf(void)
  private static final NativeFunction LOAD_VMLINUX = Libbpf.function("btf__load_vmlinux_btf");
  // struct btf *btf__parse(const char *path, struct btf_ext **btf_ext)
  private static final NativeFunction PARSE = Libbpf.function("btf__parse");
  // void btf__free(struct btf *btf)
  private static final NativeFunction FREE = Libbpf.function("btf__free");

  private final @Nullable Path external;
  private final Log log;

  /**
   * @param external a BTF file; null for /sys/kernel/btf/vmlinux
   * @param log receives libbpf's messages while it reads
   */
  public KernelBtf(@Nullable Path external, Log log) {
    this.external = external;
    this.log = log;
  }

  /**
   * Checks that the BTF can be read.
   *
   * @throws BpfException when the file is missing, or is neither BTF nor an ELF file with BTF
   */
  public void check() throws BpfException {
    FREE.asLong(parse());
  }

  private long parse() throws BpfException {
    try (Arena arena = Arena.ofConfined();
        LibbpfLog said = LibbpfLog.capture(log)) {
      long btf =
          external == null
              ? LOAD_VMLINUX.pointerOrErrno()
              : PARSE.pointerOrErrno(address(arena.allocateFrom(external.toString())), 0);
      if (btf < 0) {
        throw BpfException.explained("read BTF", (int) -btf, said);
      }
      return btf;
    }
  }

  /**
   * Returns the names of an enum's values, by value; empty when the kernel has no such enum or no
   * BTF.
   */
  public Map<Long, String> enumerators(String enumName) {
    Map<Long, String> names = new LinkedHashMap<>();
    long parsed;
    try {
      parsed = parse();
    } catch (BpfException e) {
      return names;
    }
    try {
      Btf btf = new Btf(parsed);
      read(btf, btf.find(enumName, BTF_KIND_ENUM), ENUM_BYTES, names);
      read(btf, btf.find(enumName, BTF_KIND_ENUM64), ENUM64_BYTES, names);
    } finally {
      FREE.asLong(parsed);
    }
    return names;
  }

  private static void read(Btf btf, int type, int entryBytes, Map<Long, String> into) {
    if (type < 0) {
      return;
    }
    MemorySegment entries = btf.entries(type, entryBytes);
    for (long at = 0; at < entries.byteSize(); at += entryBytes) {
      long value = entries.get(U32, at + 4);
      if (entryBytes == ENUM64_BYTES) {
        value = (value & 0xffff_ffffL) | ((long) entries.get(U32, at + 8) << 32);
      }
      into.put(value, btf.text(entries.get(U32, at)));
    }
  }
}
