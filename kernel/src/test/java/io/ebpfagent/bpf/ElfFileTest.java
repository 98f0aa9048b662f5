// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ElfFileTest {
  private static final int HEADER = 64;
  private static final int SECTION_HEADER = 64;
  private static final int TEXT_AT = HEADER;
  private static final int TEXT_BYTES = 16;
  private static final int SECTIONS_AT = TEXT_AT + TEXT_BYTES;
  private static final int EM_X86_64 = 62;
  private static final int EM_BPF = 247;

  /** Returns a header, 16 bytes of a section's content, and the headers of two sections. */
  private static ByteBuffer elf(ByteOrder order) {
    ByteBuffer elf = ByteBuffer.allocate(SECTIONS_AT + 2 * SECTION_HEADER).order(order);
    elf.put(new byte[] {0x7f, 'E', 'L', 'F', 2, (byte) (order == ByteOrder.BIG_ENDIAN ? 2 : 1), 1});
    elf.putShort(18, (short) EM_BPF);
    elf.putLong(40, SECTIONS_AT);
    elf.putShort(58, (short) SECTION_HEADER);
    elf.putShort(60, (short) 2);
    int section = SECTIONS_AT + SECTION_HEADER;
    elf.putInt(section + 4, 1);
    elf.putLong(section + 24, TEXT_AT);
    elf.putLong(section + 32, TEXT_BYTES);
    return elf;
  }

  private static ByteBuffer elf() {
    return elf(ByteOrder.nativeOrder());
  }

  private static byte[] bytes(ByteBuffer elf) {
    byte[] bytes = new byte[elf.capacity()];
    elf.get(0, bytes);
    return bytes;
  }

  private static @Nullable String problem(ByteBuffer elf) {
    return ElfFile.problem(bytes(elf));
  }

  @Test
  void hasNoProblemWithASoundFile() {
    assertThat(problem(elf())).isNull();
  }

  @Test
  void saysThatAFileIsEmpty() {
    assertThat(ElfFile.problem(new byte[0])).isEqualTo("the file is empty");
  }

  @Test
  void saysThatAFileIsNoElf() {
    String problem = "not an ELF file; a BPF object is compiled with clang -target bpf";
    assertThat(ElfFile.problem("metrics:\n".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(problem);
    assertThat(ElfFile.problem(new byte[] {0x7f, 'E', 'L'})).isEqualTo(problem);
  }

  @Test
  void saysForWhatElseAFileIsCompiled() {
    ByteBuffer x86 = elf().putShort(18, (short) EM_X86_64);
    assertThat(problem(x86))
        .isEqualTo(
            "an ELF file, but not for BPF (machine=62, BPF is 247);"
                + " a BPF object is compiled with clang -target bpf");
    ByteBuffer of32Bits = elf().put(4, (byte) 1);
    assertThat(problem(of32Bits)).startsWith("an ELF file, but not for BPF");
  }

  @Test
  void saysThatTheByteOrderIsTheOther() {
    ByteOrder other =
        ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN
            ? ByteOrder.LITTLE_ENDIAN
            : ByteOrder.BIG_ENDIAN;
    assertThat(problem(elf(other))).isEqualTo("compiled for a machine of the other byte order");
  }

  @Test
  void findsEveryTruncation() {
    byte[] whole = bytes(elf());
    for (int length = 1; length < whole.length; length++) {
      assertThat(ElfFile.problem(Arrays.copyOf(whole, length)))
          .as("%d bytes", length)
          .isNotNull()
          .matches(length < 4 ? "not an ELF file.*" : "truncated.*");
    }
    assertThat(ElfFile.problem(Arrays.copyOf(whole, 63)))
        .isEqualTo("truncated: 63 bytes, an ELF header has 64");
    assertThat(ElfFile.problem(Arrays.copyOf(whole, 100)))
        .isEqualTo("truncated: its section table ends at byte 208, the file at 100");
  }

  @Test
  void findsASectionThatEndsBehindTheFile() {
    ByteBuffer elf = elf();
    elf.putLong(SECTIONS_AT + SECTION_HEADER + 32, 145);
    assertThat(problem(elf))
        .isEqualTo("truncated or damaged: section 1 ends at byte 209, the file at 208");
    // SHT_NOBITS, such as .bss: takes no space in the file
    elf.putInt(SECTIONS_AT + SECTION_HEADER + 4, 8);
    assertThat(problem(elf)).isNull();
  }

  @Test
  void findsOffsetsThatOverflow() {
    ByteBuffer section = elf();
    section.putLong(SECTIONS_AT + SECTION_HEADER + 24, Long.MAX_VALUE);
    section.putLong(SECTIONS_AT + SECTION_HEADER + 32, Long.MAX_VALUE);
    assertThat(problem(section)).startsWith("truncated or damaged: section 1");
    assertThat(problem(elf().putLong(40, Long.MAX_VALUE))).startsWith("truncated");
    assertThat(problem(elf().putLong(40, -1))).startsWith("truncated");
  }

  @Test
  void wantsASectionTable() {
    String problem = "no section table: the file is damaged or stripped";
    assertThat(problem(elf().putShort(60, (short) 0))).isEqualTo(problem);
    assertThat(problem(elf().putShort(58, (short) 40))).isEqualTo(problem);
  }
}
