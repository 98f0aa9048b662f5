// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PerfRingTest {
  private static final long PAGE = 4096;

  private final List<Long> tried = new ArrayList<>();

  private PerfRing.Mapping refusing(int errno, long above) {
    return bytes -> {
      tried.add(bytes);
      if (bytes > above) {
        throw new KernelException("map", errno, "");
      }
      return MemorySegment.ofArray(new byte[(int) bytes]);
    };
  }

  @Test
  void takesHalfWhereThatIsMoreThanItMayLock() throws KernelException {
    MemorySegment pages = PerfRing.mapMost(refusing(Errno.EPERM, 3 * PAGE), 8 * PAGE, PAGE);
    assertThat(pages.byteSize()).isEqualTo(2 * PAGE);
    assertThat(tried).containsExactly(8 * PAGE, 4 * PAGE, 2 * PAGE);
  }

  @Test
  void givesUpWhereNotEvenAPageMayBeLocked() {
    assertThatThrownBy(() -> PerfRing.mapMost(refusing(Errno.EPERM, 0), 4 * PAGE, PAGE))
        .isInstanceOf(KernelException.class);
    assertThat(tried).containsExactly(4 * PAGE, 2 * PAGE, PAGE);
  }

  @Test
  void aRefusalForAnotherReasonIsTheEnd() {
    assertThatThrownBy(() -> PerfRing.mapMost(refusing(Errno.EINVAL, 0), 4 * PAGE, PAGE))
        .isInstanceOf(KernelException.class)
        .hasMessage("map: EINVAL");
    assertThat(tried).containsExactly(4 * PAGE);
  }
}
