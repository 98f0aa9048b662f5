// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

final class CpuLabelTest {
  @Test
  void writesTheNumberInTheHostsOrder() {
    byte[] key = new byte[6];
    CpuLabel.put(key, 3, 0x1234);
    assertThat(ByteBuffer.wrap(key).order(ByteOrder.nativeOrder()).getShort(3))
        .isEqualTo((short) 0x1234);
    assertThat(key).startsWith(0, 0, 0).endsWith(0);
  }

  @Test
  void takesNumbersThatFillTheField() {
    byte[] key = new byte[2];
    CpuLabel.put(key, 0, 65535);
    assertThat(key).containsExactly(0xff, 0xff);
  }
}
