// SPDX-License-Identifier: Apache-2.0
package io.opentelemetry.javaagent.bootstrap;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.NullMarked;

/**
 * The records of threads, in memory of whomever: see {@code ThreadSlots}. The memory is a constant
 * to the compiler, which makes a write three times as fast; so it is handed in before this class is
 * first used.
 */
@NullMarked
final class EbpfRecords {
  private static final MemorySegment MEMORY = EbpfMemory.handedIn();

  // 0 trace id, 16 span id, then valid, flags and the size of attributes, which are none
  private static final int TRACE_HIGH = 0;
  private static final int TRACE_LOW = 8;
  private static final int SPAN_ID = 16;
  private static final int HEADER = 24;

  // They are aligned: that needs no check.
  private static final VarHandle LONG = ValueLayout.JAVA_LONG_UNALIGNED.varHandle();
  private static final VarHandle INT = ValueLayout.JAVA_INT_UNALIGNED.varHandle();

  private EbpfRecords() {}

  /**
   * Writes a record, invalid while it changes: whoever interrupts the thread sees the one before or
   * none. Ids as their bytes lie in memory.
   */
  static void write(long at, long traceHigh, long traceLow, long spanId, int header) {
    INT.set(MEMORY, at + HEADER, 0);
    VarHandle.storeStoreFence();
    LONG.set(MEMORY, at + TRACE_HIGH, traceHigh);
    LONG.set(MEMORY, at + TRACE_LOW, traceLow);
    LONG.set(MEMORY, at + SPAN_ID, spanId);
    VarHandle.releaseFence();
    INT.set(MEMORY, at + HEADER, header);
  }

  static void clear(long at) {
    VarHandle.releaseFence();
    INT.set(MEMORY, at + HEADER, 0);
  }
}
