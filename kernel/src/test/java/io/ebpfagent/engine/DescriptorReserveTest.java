// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class DescriptorReserveTest {
  @Test
  void halfOfASmallLimitIsLeft() {
    assertThat(DescriptorReserve.refusal(256, 44, 128)).isEmpty();
    assertThat(DescriptorReserve.refusal(256, 45, 128))
        .contains(
            "too few file descriptors are left to the application (45 of 128 open): raise ulimit"
                + " -n");
  }

  @Test
  void noMoreThanThatIsLeftOfALargeLimit() {
    assertThat(DescriptorReserve.refusal(256, 4096 - 256 - 20, 4096)).isEmpty();
    assertThat(DescriptorReserve.refusal(256, 4096 - 256 - 19, 4096)).isPresent();
    assertThat(DescriptorReserve.refusal(256, 1_000_000, Long.MAX_VALUE)).isEmpty();
  }
}
