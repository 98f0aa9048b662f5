// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.OpenDescriptors;
import io.ebpfagent.TestObjects;
import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.attach.AttachedProgram;
import io.ebpfagent.linux.Descriptors;
import io.ebpfagent.linux.DescriptorsInFlight;
import io.ebpfagent.linux.NativeFunction;
import org.junit.jupiter.api.Test;

@KernelTest
final class DescriptorsInFlightTest {
  // int bpf_prog_get_fd_by_id(__u32 id)
  private static final NativeFunction PROGRAM = Libbpf.function("bpf_prog_get_fd_by_id");

  /** Whether the kernel still has a program. */
  private static boolean exists(int id) {
    int fd = PROGRAM.asInt(id);
    if (fd >= 0) {
      Descriptors.close(fd);
    }
    return fd >= 0;
  }

  @Test
  void theKernelTakesBackWhatNobodyHasAnyMore() throws Exception {
    // The first use opens what stays open, such as libraries.
    TestObjects.attach(TestObjects.samples()).close();
    DescriptorsInFlight.ofSlowLinks().close();
    int descriptors = OpenDescriptors.targets().size();
    int id = 0;
    DescriptorsInFlight kept;
    try (AttachedConfig config = TestObjects.attach(TestObjects.samples())) {
      for (AttachedProgram program : config.programs()) {
        if (program.program().name().equals("sample")) {
          id = program.id();
        }
      }
      kept = DescriptorsInFlight.ofSlowLinks();
    }
    assertThat(exists(id)).isTrue();
    kept.close();
    assertThat(OpenDescriptors.targets()).hasSizeLessThanOrEqualTo(descriptors);
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (exists(id) && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(exists(id)).isFalse();
  }
}
