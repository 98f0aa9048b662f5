// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** A file in memory, for what must be loaded from a path where /tmp may be full or noexec. */
final class Memfd {
  private static final int MFD_CLOEXEC = 1;

  private Memfd() {}

  /** A descriptor of a new in-memory file with these bytes; -1 when the system has none to give. */
  static int create(String name, byte[] content) {
    Linker linker = Linker.nativeLinker();
    int fd;
    try (Arena arena = Arena.ofConfined()) {
      // int memfd_create(const char *name, unsigned int flags)
      MethodHandle memfdCreate =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("memfd_create"),
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
      MemorySegment nameInC = arena.allocateFrom(name);
      fd = (int) memfdCreate.invokeExact(nameInC, MFD_CLOEXEC);
    } catch (Throwable e) {
      return -1;
    }
    if (fd < 0) {
      return -1;
    }
    try (FileOutputStream out = new FileOutputStream("/proc/self/fd/" + fd)) {
      out.write(content);
      return fd;
    } catch (IOException e) {
      Libc.Descriptors.close(fd);
      return -1;
    }
  }
}
