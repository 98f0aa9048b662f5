// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.ebpfagent.linux.NativeFunction;
import io.opentelemetry.proto.processcontext.v1development.ProcessContext;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * Reads another process's contexts, by no more than what OTEP 4719 and OTEP 4947 say: the mapping's
 * name, the symbol's, and the dialect of descriptors for thread-locals. Of nothing of ours but the
 * library's file name, which any mapping could have.
 */
final class ContextReader implements AutoCloseable {
  private static final String SYMBOL = "otel_thread_ctx_v1";
  private static final int VALID = 24;
  private static final int RECORD = 28;

  // elf.h
  private static final int SHT_RELA = 4;
  private static final int SHT_DYNSYM = 11;
  private static final int R_X86_64_TLSDESC = 36;

  // sys/ptrace.h, sys/wait.h
  private static final int PTRACE_GETREGS = 12;
  private static final int PTRACE_ATTACH = 16;
  private static final int PTRACE_DETACH = 17;
  private static final int WALL = 0x40000000;
  private static final int REGISTERS = 27;
  private static final int FS_BASE = 21;

  // long ptrace(enum __ptrace_request op, pid_t pid, void *addr, void *data)
  private static final NativeFunction PTRACE = NativeFunction.libc("ptrace");
  // pid_t waitpid(pid_t pid, int *wstatus, int options)
  private static final NativeFunction WAITPID = NativeFunction.libc("waitpid");

  private final long pid;
  private final RandomAccessFile memory;

  /** What a thread says that it is in. */
  record ThreadContext(String traceId, String spanId, int flags) {}

  /** A part of an address space. */
  private record Mapping(long begin, long offset, String name) {}

  ContextReader(long pid) throws IOException {
    this.pid = pid;
    memory = new RandomAccessFile("/proc/" + pid + "/mem", "r");
  }

  private List<Mapping> mappings() throws IOException {
    return Files.readAllLines(Path.of("/proc/" + pid + "/maps")).stream()
        .map(line -> line.split(" +", 6))
        .map(
            part ->
                new Mapping(
                    Long.parseUnsignedLong(part[0].substring(0, part[0].indexOf('-')), 16),
                    Long.parseUnsignedLong(part[2], 16),
                    part.length > 5 ? part[5] : ""))
        .toList();
  }

  private ByteBuffer read(long address, int bytes) throws IOException {
    byte[] buffer = new byte[bytes];
    memory.seek(address);
    memory.readFully(buffer);
    return ByteBuffer.wrap(buffer).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The context of the process; empty for none. */
  Optional<ProcessContext> process() throws IOException {
    for (Mapping mapping : mappings()) {
      if (mapping.name.startsWith("/memfd:OTEL_CTX")
          || mapping.name.startsWith("[anon_shmem:OTEL_CTX")
          || mapping.name.startsWith("[anon:OTEL_CTX")) {
        ByteBuffer header = read(mapping.begin, 32);
        byte[] signature = new byte[8];
        header.get(signature);
        if (new String(signature, StandardCharsets.US_ASCII).equals("OTEL_CTX")
            && header.getInt(8) == 2
            && header.getLong(16) != 0) {
          ByteBuffer payload = read(header.getLong(24), header.getInt(12));
          return Optional.of(ProcessContext.parseFrom(payload));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * The context of a thread; empty when it is in none.
   *
   * @param tid of no child's main thread: another thread of the JVM waits for that, and would take
   *     its stop for its end
   */
  Optional<ThreadContext> thread(long tid) throws IOException {
    Mapping library =
        mappings().stream()
            .filter(mapping -> mapping.name.endsWith(".so") && mapping.offset == 0)
            .filter(mapping -> mapping.name.contains("thread-context"))
            .findFirst()
            .orElseThrow();
    Path file = Path.of("/proc/" + pid + "/root" + library.name);
    ByteBuffer descriptor = read(library.begin + descriptor(Files.readAllBytes(file)), 16);
    long argument = descriptor.getLong(8);
    long fsBase = fsBase(tid);
    long variable;
    if (argument < 0) {
      // In the block that each thread begins with.
      variable = fsBase + argument;
    } else {
      ByteBuffer module = read(argument, 16);
      long vector = read(fsBase + 8, 8).getLong(0);
      long block = read(vector + 16 * module.getLong(0), 8).getLong(0);
      if (block == -1) {
        return Optional.empty();
      }
      variable = block + module.getLong(8);
    }
    long record = read(variable, 8).getLong(0);
    if (record == 0) {
      return Optional.empty();
    }
    ByteBuffer context = read(record, RECORD);
    if (context.get(VALID) != 1) {
      return Optional.empty();
    }
    byte[] ids = new byte[24];
    context.get(ids);
    HexFormat hex = HexFormat.of();
    return Optional.of(
        new ThreadContext(
            hex.formatHex(ids, 0, 16), hex.formatHex(ids, 16, 24), context.get(VALID + 1)));
  }

  /** Where a library has the descriptor of the symbol. */
  private static long descriptor(byte[] elf) {
    ByteBuffer in = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
    int sections = (int) in.getLong(40);
    int sectionSize = in.getShort(58);
    int count = in.getShort(60);
    int symbols = -1;
    for (int i = 0; i < count; i++) {
      if (in.getInt(sections + i * sectionSize + 4) == SHT_DYNSYM) {
        symbols = sections + i * sectionSize;
      }
    }
    int strings = sections + in.getInt(symbols + 40) * sectionSize;
    for (int i = 0; i < count; i++) {
      int section = sections + i * sectionSize;
      if (in.getInt(section + 4) == SHT_RELA) {
        int begin = (int) in.getLong(section + 24);
        for (int at = begin; at < begin + (int) in.getLong(section + 32); at += 24) {
          int symbol = (int) in.getLong(symbols + 24) + 24 * in.getInt(at + 12);
          String name = string(elf, (int) in.getLong(strings + 24) + in.getInt(symbol));
          if (in.getInt(at + 8) == R_X86_64_TLSDESC && name.equals(SYMBOL)) {
            return in.getLong(at);
          }
        }
      }
    }
    throw new IllegalStateException("no descriptor of " + SYMBOL);
  }

  private static String string(byte[] bytes, int from) {
    int to = from;
    while (bytes[to] != 0) {
      to++;
    }
    return new String(bytes, from, to - from, StandardCharsets.US_ASCII);
  }

  /**
   * Where a thread's own memory is; it stands still for a moment. All by one thread, as ptrace
   * wants it.
   */
  private static long fsBase(long tid) {
    try (Arena arena = Arena.ofConfined()) {
      check(PTRACE.asLong(PTRACE_ATTACH, tid, 0, 0));
      try {
        WAITPID.asInt(tid, 0, WALL);
        MemorySegment registers = arena.allocate(ValueLayout.JAVA_LONG, REGISTERS);
        check(PTRACE.asLong(PTRACE_GETREGS, tid, 0, registers.address()));
        return registers.getAtIndex(ValueLayout.JAVA_LONG, FS_BASE);
      } finally {
        check(PTRACE.asLong(PTRACE_DETACH, tid, 0, 0));
      }
    }
  }

  private static void check(long result) {
    if (result == -1) {
      throw new IllegalStateException("ptrace");
    }
  }

  @Override
  public void close() throws IOException {
    memory.close();
  }
}
