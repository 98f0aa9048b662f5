// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

final class KernelBufferTest {
  @Test
  void tellsWhetherMoreWasWrittenThanThereIsRoomFor() {
    try (Arena arena = Arena.ofConfined()) {
      KernelBuffer buffer = new KernelBuffer(arena, 16);
      MemorySegment asTheKernelSeesIt = buffer.memory().reinterpret(24);
      asTheKernelSeesIt.set(ValueLayout.JAVA_LONG, 0, 1);
      asTheKernelSeesIt.set(ValueLayout.JAVA_LONG, 8, 2);
      assertThat(buffer.isIntact()).isTrue();
      assertThat(buffer.address()).isEqualTo(asTheKernelSeesIt.address());

      asTheKernelSeesIt.set(ValueLayout.JAVA_LONG, 16, 3);
      assertThat(buffer.isIntact()).isFalse();
      assertThatThrownBy(buffer::address)
          .isInstanceOf(AssertionError.class)
          .hasMessage("the kernel wrote more than 16 bytes");
    }
  }
}
