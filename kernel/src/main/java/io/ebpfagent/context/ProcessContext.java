// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.context;

import static io.ebpfagent.linux.NativeFunction.address;

import io.ebpfagent.linux.Descriptors;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.linux.NativeFunction;
import io.ebpfagent.linux.NativeMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Tells other tools what this process is, as OTEP 4719 has it: a mapping by the name of OTEL_CTX,
 *
 * <pre>
 *  0 char[8] OTEL_CTX   8 u32 version   12 u32 bytes of the payload
 * 16 u64 when it was published, CLOCK_BOOTTIME in ns; 0 while it changes   24 u64 address of the payload
 * </pre>
 *
 * <p>and a payload, which is a ProcessContext of OpenTelemetry's protocol.
 */
public final class ProcessContext {
  private static final String NAME = "OTEL_CTX";
  private static final Path MAPS = Path.of("/proc/self/maps");

  private static final int VERSION = 2;
  private static final int PUBLISHED = 16;

  // sys/mman.h, linux/memfd.h, linux/prctl.h, time.h
  private static final int MFD_CLOEXEC = 1;
  private static final int MFD_ALLOW_SEALING = 2;
  private static final int MFD_NOEXEC_SEAL = 8;
  private static final int MADV_DONTFORK = 10;
  private static final int PR_SET_VMA = 0x53564d41;
  private static final int PR_SET_VMA_ANON_NAME = 0;
  private static final int CLOCK_BOOTTIME = 7;

  // int memfd_create(const char *name, unsigned int flags)
  private static final NativeFunction MEMFD_CREATE = NativeFunction.libc("memfd_create");
  // int ftruncate(int fd, off_t length)
  private static final NativeFunction FTRUNCATE = NativeFunction.libc("ftruncate");
  // int madvise(void *addr, size_t length, int advice)
  private static final NativeFunction MADVISE = NativeFunction.libc("madvise");
  // int prctl(int op, ...)
  private static final NativeFunction PRCTL = NativeFunction.libc("prctl");
  // int clock_gettime(clockid_t clockid, struct timespec *tp)
  private static final NativeFunction CLOCK_GETTIME = NativeFunction.libc("clock_gettime");

  /** The dialect of OTEP 4947 that readers know today; the text calls it tls_v1. */
  private static final String THREADS_SCHEMA = "tlsdesc_v1_dev";

  private ProcessContext() {}

  /**
   * Publishes it, for the life of the process.
   *
   * @param resource texts, numbers, booleans, and lists of texts
   * @param threads whether threads show their contexts, by {@link ThreadSlots}
   * @return false when somebody has: there can be one only
   * @throws KernelException when there is no memory for it
   * @throws IOException when it is not known whether somebody has
   */
  public static boolean publish(Map<String, ?> resource, boolean threads)
      throws KernelException, IOException {
    try (Stream<String> maps = Files.lines(MAPS, StandardCharsets.ISO_8859_1)) {
      if (maps.anyMatch(line -> line.contains(NAME))) {
        return false;
      }
    }
    byte[] payload = payload(resource, threads);
    MemorySegment at = Arena.global().allocate(payload.length);
    MemorySegment.copy(payload, 0, at, ValueLayout.JAVA_BYTE, 0, payload.length);
    publish(at, map());
    return true;
  }

  private static byte[] payload(Map<String, ?> resource, boolean threads) {
    ProtoBytes attributes = new ProtoBytes();
    resource.forEach((key, value) -> attributes.message(1, ProtoBytes.attribute(key, value)));
    ProtoBytes context = new ProtoBytes().message(1, attributes);
    if (threads) {
      // Threads have no attributes, so there are no keys to number.
      context
          .message(2, ProtoBytes.attribute("threadlocal.schema_version", THREADS_SCHEMA))
          .message(2, ProtoBytes.attribute("threadlocal.attribute_key_map", List.of()));
    }
    return context.bytes();
  }

  private static MemorySegment map() throws KernelException {
    int page = NativeMemory.pageSize();
    int fd = memory(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
    if (fd < 0) {
      fd = memory(MFD_CLOEXEC | MFD_ALLOW_SEALING);
    }
    if (fd < 0) {
      return NativeMemory.allocate("publish the process's context", page);
    }
    try {
      FTRUNCATE.asInt(fd, page);
      return NativeMemory.mapPrivate("publish the process's context", fd, page);
    } finally {
      Descriptors.close(fd);
    }
  }

  private static int memory(int flags) {
    try (Arena arena = Arena.ofConfined()) {
      return MEMFD_CREATE.intOrErrno(address(arena.allocateFrom(NAME)), flags);
    }
  }

  /** The time comes last: it says that the rest is there. */
  private static void publish(MemorySegment payload, MemorySegment header) {
    // A child would show what it isn't.
    MADVISE.asInt(header.address(), header.byteSize(), MADV_DONTFORK);
    MemorySegment.copy(
        NAME.getBytes(StandardCharsets.US_ASCII),
        0,
        header,
        ValueLayout.JAVA_BYTE,
        0,
        NAME.length());
    header.set(ValueLayout.JAVA_INT, 8, VERSION);
    header.set(ValueLayout.JAVA_INT, 12, (int) payload.byteSize());
    header.set(ValueLayout.JAVA_LONG, 24, payload.address());
    VarHandle.fullFence();
    header.set(ValueLayout.JAVA_LONG, PUBLISHED, bootTime());
    // Kernels without names for memory refuse; the memfd's name is there then.
    try (Arena arena = Arena.ofConfined()) {
      PRCTL.asInt(
          PR_SET_VMA,
          PR_SET_VMA_ANON_NAME,
          header.address(),
          header.byteSize(),
          address(arena.allocateFrom(NAME)));
    }
  }

  private static long bootTime() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(ValueLayout.JAVA_LONG, 2);
      CLOCK_GETTIME.asInt(CLOCK_BOOTTIME, address(time));
      return time.get(ValueLayout.JAVA_LONG, 0) * 1_000_000_000L
          + time.get(ValueLayout.JAVA_LONG, 8);
    }
  }
}
