// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Checks the outline of an ELF file before libbpf parses it: libbpf's error is only "not a valid
 * ELF file", and its parser is C code. Offsets are those of {@code Elf64_Ehdr} and {@code
 * Elf64_Shdr} in elf.h.
 */
final class ElfFile {
  private static final int HEADER_BYTES = 64;
  private static final int SECTION_HEADER_BYTES = 64;
  private static final int EM_BPF = 247;
  private static final int SHT_NOBITS = 8;

  private ElfFile() {}

  /** Returns what is wrong with the file as a BPF object; null when its outline is sound. */
  static @Nullable String problem(byte[] file) {
    if (file.length == 0) {
      return "the file is empty";
    }
    if (file.length < 4 || file[0] != 0x7f || file[1] != 'E' || file[2] != 'L' || file[3] != 'F') {
      return "not an ELF file; a BPF object is compiled with clang -target bpf";
    }
    if (file.length < HEADER_BYTES) {
      return "truncated: %s bytes, an ELF header has %s".formatted(file.length, HEADER_BYTES);
    }
    boolean bigEndian = file[5] == 2;
    ByteOrder order = bigEndian ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    ByteBuffer elf = ByteBuffer.wrap(file).order(order);
    int machine = Short.toUnsignedInt(elf.getShort(18));
    if (file[4] != 2 || machine != EM_BPF) {
      return "an ELF file, but not for BPF (machine=%s, BPF is %s); a BPF object is compiled with clang -target bpf"
          .formatted(machine, EM_BPF);
    }
    if (order != ByteOrder.nativeOrder()) {
      return "compiled for a machine of the other byte order";
    }
    return sectionProblem(elf, file.length);
  }

  private static @Nullable String sectionProblem(ByteBuffer elf, long length) {
    long sectionsAt = elf.getLong(40);
    int sectionBytes = Short.toUnsignedInt(elf.getShort(58));
    int sections = Short.toUnsignedInt(elf.getShort(60));
    if (sections == 0 || sectionBytes != SECTION_HEADER_BYTES) {
      return "no section table: the file is damaged or stripped";
    }
    long end = sectionsAt + (long) sections * sectionBytes;
    if (sectionsAt < HEADER_BYTES || end < 0 || end > length) {
      return "truncated: its section table ends at byte %s, the file at %s".formatted(end, length);
    }
    for (int i = 1; i < sections; i++) {
      int header = (int) sectionsAt + i * sectionBytes;
      long offset = elf.getLong(header + 24);
      long size = elf.getLong(header + 32);
      boolean inFile = elf.getInt(header + 4) != SHT_NOBITS;
      if (inFile && (offset < 0 || size < 0 || offset > length - size)) {
        return "truncated or damaged: section %s ends at byte %s, the file at %s"
            .formatted(i, Long.toUnsignedString(offset + size), length);
      }
    }
    return null;
  }
}
