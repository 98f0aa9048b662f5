// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.log.Log;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The shared library of a JVM.
 *
 * @param path a path to open it: see {@link MappedFile}
 * @param hasProbes whether it was built with USDT probes; Corretto's is not
 */
public record Libjvm(Path path, boolean hasProbes) {
  private static final Path SELF = Path.of("/proc/self");
  private static final String FILE = "libjvm.so";

  // Elf64_Ehdr: 40 e_shoff | 58 e_shentsize | 60 e_shnum | 62 e_shstrndx
  private static final int HEADER_BYTES = 64;
  // Elf64_Shdr: 0 sh_name | 24 sh_offset | 32 sh_size
  private static final int SECTION_BYTES = 64;
  private static final int MOST_BYTES_OF_NAMES = 1 << 20;
  private static final byte[] MAGIC = {0x7f, 'E', 'L', 'F', 2};
  private static final String PROBES = "\0.note.stapsdt\0";

  /** Reads whether a file has probes. */
  public static Libjvm at(Path path) throws IOException {
    return new Libjvm(path, hasProbes(path));
  }

  /** Returns the library of this JVM; empty, after logging why, when it can't be read. */
  public static Optional<Libjvm> current(Log log) {
    try {
      Optional<Path> path = find(Files.readAllLines(SELF.resolve("maps")), SELF);
      return path.isEmpty() ? Optional.empty() : Optional.of(at(path.get()));
    } catch (IOException e) {
      log.warning("the probes of this JVM can't be used: " + e);
      return Optional.empty();
    }
  }

  static Optional<Path> find(List<String> maps, Path process) {
    return MappedFile.find(maps, process, FILE::equals);
  }

  /** Whether an ELF file has the section with the notes of USDT probes. */
  private static boolean hasProbes(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer header = read(channel, 0, HEADER_BYTES);
      byte[] magic = new byte[MAGIC.length];
      header.get(0, magic);
      if (!Arrays.equals(magic, MAGIC) || header.getShort(58) != SECTION_BYTES) {
        return false;
      }
      long section = header.getLong(40) + Short.toUnsignedLong(header.getShort(62)) * SECTION_BYTES;
      ByteBuffer names = read(channel, section, SECTION_BYTES);
      long bytes = Math.clamp(names.getLong(32), 0, MOST_BYTES_OF_NAMES);
      ByteBuffer text = read(channel, names.getLong(24), (int) bytes);
      return StandardCharsets.ISO_8859_1.decode(text.flip()).toString().contains(PROBES);
    }
  }

  private static ByteBuffer read(FileChannel channel, long position, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
    while (buffer.hasRemaining()) {
      int read = position < 0 ? -1 : channel.read(buffer, position + buffer.position());
      if (read < 0) {
        throw new IOException("the file is truncated");
      }
    }
    return buffer;
  }
}
