// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.DoublePredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Compares the memory of compiled programs with the kernel's own counter, read from its memory. */
@GuestTest
class BpfJitVM {
  private static final String PAGES = "ebpf_exporter_bpf_jit_pages_currently_allocated";
  private static final Path LIMIT = Path.of("/proc/sys/net/core/bpf_jit_limit");
  private static final int PAGE_SIZE = 4096;

  // Elf64_Ehdr and Elf64_Phdr
  private static final int ELF_HEADER_SIZE = 64;
  private static final int E_PHNUM = 56;
  private static final int SEGMENT_SIZE = 56;
  private static final int P_OFFSET = 8;
  private static final int P_VADDR = 16;
  private static final int P_MEMSZ = 40;

  @Test
  void pagesComeAndGoWithPrograms() throws Exception {
    long counter = addressOf("bpf_jit_current");
    try (ExporterProcess exporter = ExporterProcess.start("--config.names=bpf-jit")) {
      double alone = pages(exporter, counter, pages -> pages > 0);
      long limit = Long.parseLong(Files.readAllLines(LIMIT).getFirst());
      assertThat(alone * PAGE_SIZE).isLessThan((double) limit);

      try (ExporterProcess another =
          ExporterProcess.start("--config.names=kfree_skb,softirq-latency")) {
        pages(exporter, counter, pages -> pages > alone);
        another.stop();
      }
      // The kernel frees programs some time after they were detached.
      pages(exporter, counter, pages -> pages == alone);
      exporter.stop();
    }
  }

  /** Returns the series' value, once it agrees with the kernel's and is as expected. */
  private static double pages(ExporterProcess exporter, long counter, DoublePredicate expected) {
    return exporter
        .scrapeUntil(
            metrics -> {
              double pages = metrics.sum(PAGES, Map.of());
              return pages == pagesByKernel(counter) && expected.test(pages);
            })
        .sum(PAGES, Map.of());
  }

  private static double pagesByKernel(long counter) {
    try {
      return Math.ceilDiv(read(counter), PAGE_SIZE);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static long addressOf(String symbol) throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/kallsyms"), UTF_8)) {
      return lines
          .map(line -> line.split("[ \t]"))
          .filter(fields -> fields[2].equals(symbol))
          .mapToLong(fields -> Long.parseUnsignedLong(fields[0], 16))
          .findFirst()
          .orElseThrow();
    }
  }

  /**
   * Reads a number in the kernel's memory, which /proc/kcore presents as a core file with segments.
   */
  private static long read(long address) throws IOException {
    try (FileChannel core = FileChannel.open(Path.of("/proc/kcore"))) {
      int segments = bytes(core, 0, ELF_HEADER_SIZE).getShort(E_PHNUM);
      for (int i = 0; i < segments; i++) {
        ByteBuffer segment = bytes(core, ELF_HEADER_SIZE + (long) i * SEGMENT_SIZE, SEGMENT_SIZE);
        long at = address - segment.getLong(P_VADDR);
        if (at >= 0 && at < segment.getLong(P_MEMSZ)) {
          return bytes(core, segment.getLong(P_OFFSET) + at, Long.BYTES).getLong(0);
        }
      }
    }
    throw new AssertionError("no segment of /proc/kcore has " + Long.toHexString(address));
  }

  private static ByteBuffer bytes(FileChannel file, long offset, int size) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(file.read(bytes, offset)).isEqualTo(size);
    return bytes;
  }
}
