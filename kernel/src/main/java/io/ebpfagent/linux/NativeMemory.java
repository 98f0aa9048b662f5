// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory that is shared with the kernel, and the heap of the C library. */
public final class NativeMemory {
  // sys/mman.h
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int MAP_SHARED = 1;
  private static final int MAP_PRIVATE = 2;
  private static final int MAP_ANONYMOUS = 0x20;

  // int getpagesize(void)
  private static final NativeFunction GETPAGESIZE = NativeFunction.libc("getpagesize");
  // void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
  private static final NativeFunction MMAP = NativeFunction.libc("mmap");
  // int munmap(void *addr, size_t length)
  private static final NativeFunction MUNMAP = NativeFunction.libc("munmap");
  // int malloc_trim(size_t pad)
  private static final NativeFunction MALLOC_TRIM = NativeFunction.libc("malloc_trim");

  private NativeMemory() {}

  /** Size of a page in bytes. */
  public static int pageSize() {
    return GETPAGESIZE.asInt();
  }

  /**
   * Maps part of a file descriptor as shared memory; closing the arena unmaps it.
   *
   * @throws KernelException when the kernel refuses
   */
  public static MemorySegment map(
      String operation, int fd, long offset, long bytes, boolean writable, Arena arena)
      throws KernelException {
    int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    long pages = MMAP.longOrErrno(0, bytes, protection, MAP_SHARED, fd, offset);
    if (pages < 0) {
      throw new KernelException(operation, (int) -pages, "");
    }
    // The arena owns the memory: any access after its close throws an exception.
    return MemorySegment.ofAddress(pages)
        .reinterpret(bytes, arena, mapped -> MUNMAP.asInt(mapped.address(), mapped.byteSize()));
  }

  /**
   * Maps a descriptor's first bytes to read and write, a copy of this process's own, for the life
   * of the JVM.
   *
   * @throws KernelException when the kernel refuses
   */
  public static MemorySegment mapPrivate(String operation, int fd, long bytes)
      throws KernelException {
    long pages = MMAP.longOrErrno(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    if (pages < 0) {
      throw new KernelException(operation, (int) -pages, "");
    }
    // Never unmapped, so that nobody has to keep it alive.
    return MemorySegment.ofAddress(pages).reinterpret(bytes);
  }

  /**
   * Allocates whole pages of zeros, for the life of the JVM.
   *
   * @throws KernelException when there is no memory
   */
  public static MemorySegment allocate(String operation, long bytes) throws KernelException {
    long pages =
        MMAP.longOrErrno(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages < 0) {
      throw new KernelException(operation, (int) -pages, "");
    }
    // Never unmapped, so that nobody has to keep it alive.
    return MemorySegment.ofAddress(pages).reinterpret(bytes);
  }

  /**
   * Returns free pages of the C library's heap to the system. When libbpf loads an object, it
   * parses the kernel's BTF, which takes some 10 MB; libbpf frees them, but the C library would
   * keep them. Does nothing if the C library has no such function.
   */
  public static void trim() {
    if (MALLOC_TRIM.exists()) {
      MALLOC_TRIM.asInt(0);
    }
  }
}
