// SPDX-License-Identifier: Apache-2.0
package io.opentelemetry.javaagent.bootstrap;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/** Hands the records' memory to {@link EbpfRecords}, once. */
@NullMarked
public final class EbpfMemory {
  private static @Nullable MemorySegment memory;

  private EbpfMemory() {}

  /** Before anything is written. */
  public static synchronized void handIn(MemorySegment records) {
    if (memory != null) {
      throw new IllegalStateException("there is memory");
    }
    memory = records;
  }

  static synchronized MemorySegment handedIn() {
    if (memory == null) {
      throw new IllegalStateException("no memory yet");
    }
    return memory;
  }
}
