// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class DescriptorsTest {
  @Test
  void theLimitIsWhatTheKernelSays() throws Exception {
    String line =
        Files.readAllLines(Path.of("/proc/self/limits")).stream()
            .filter(one -> one.startsWith("Max open files "))
            .findFirst()
            .orElseThrow();
    assertThat(line.split(" +")[3]).isEqualTo(String.valueOf(Descriptors.limit()));
    assertThat(Descriptors.count()).isBetween(3L, Descriptors.limit());
  }
}
