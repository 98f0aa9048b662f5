// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A buffer that the kernel writes to. A guard area behind it shows, if assertions are enabled,
 * whether the kernel wrote more than expected.
 */
final class KernelBuffer {
  private static final int GUARD_BYTES = 256;
  private static final byte GUARD = 0x5a;

  private final MemorySegment memory;
  private final MemorySegment guard;

  KernelBuffer(Arena arena, long bytes) {
    MemorySegment all = arena.allocate(bytes + GUARD_BYTES, 8);
    memory = all.asSlice(0, bytes);
    guard = all.asSlice(bytes).fill(GUARD);
  }

  MemorySegment memory() {
    return memory;
  }

  /** Returns the address, to be passed to a native function. */
  long address() {
    assert isIntact() : "the kernel wrote more than " + memory.byteSize() + " bytes";
    return memory.address();
  }

  boolean isIntact() {
    for (long i = 0; i < GUARD_BYTES; i++) {
      if (guard.get(ValueLayout.JAVA_BYTE, i) != GUARD) {
        return false;
      }
    }
    return true;
  }
}
