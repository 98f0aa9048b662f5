// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** The C library's heap. */
public final class NativeMemory {
  private NativeMemory() {}

  /**
   * Gives free pages back to the system. Loading an object makes libbpf parse the kernel's BTF,
   * some 10 MB that it frees and that the C library would keep. Does nothing where that has no such
   * function.
   */
  public static void trim() {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> mallocTrim = linker.defaultLookup().find("malloc_trim");
    if (mallocTrim.isEmpty()) {
      return;
    }
    // int malloc_trim(size_t pad)
    MethodHandle function =
        linker.downcallHandle(
            mallocTrim.get(), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
    try {
      int released = (int) function.invokeExact(0L);
      assert released >= 0;
    } catch (Throwable e) {
      throw new IllegalStateException("malloc_trim", e);
    }
  }
}
