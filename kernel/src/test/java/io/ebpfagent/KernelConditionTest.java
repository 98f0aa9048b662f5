// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;

final class KernelConditionTest {
  private static final List<String> ALL = List.of("Name:\tjava", "CapEff:\t000001ffffffffff");
  private static final List<String> CONTAINER = List.of("CapEff:\t00000000a80425fb");
  private static final List<String> BPF_AND_PERFMON = List.of("CapEff:\t000000c000000000");
  private static final List<String> SYS_ADMIN = List.of("CapEff:\t0000000000200000");

  @Test
  void nothingLacksForRootOnAKernelWithBtf() {
    assertThat(KernelCondition.lacking(true, ALL, true)).isEmpty();
    assertThat(KernelCondition.lacking(true, BPF_AND_PERFMON, true)).isEmpty();
    assertThat(KernelCondition.lacking(true, SYS_ADMIN, true)).isEmpty();
  }

  @Test
  void saysWhatLacks() {
    assertThat(KernelCondition.lacking(false, ALL, true)).contains("not root");
    assertThat(KernelCondition.lacking(true, CONTAINER, true))
        .contains("root without CAP_BPF and CAP_PERFMON");
    assertThat(KernelCondition.lacking(true, List.of(), true))
        .contains("root without CAP_BPF and CAP_PERFMON");
    assertThat(KernelCondition.lacking(true, ALL, false)).contains("no /sys/kernel/btf/vmlinux");
  }

  @Test
  void runsWhereNothingLacks() {
    assertThat(KernelCondition.decide(Optional.empty(), true).isDisabled()).isFalse();
    assertThat(KernelCondition.decide(Optional.empty(), false).isDisabled()).isFalse();
  }

  @Test
  void skipsWithTheReason() {
    ConditionEvaluationResult result = KernelCondition.decide(Optional.of("not root"), false);
    assertThat(result.isDisabled()).isTrue();
    assertThat(result.getReason()).contains("programs can't be loaded into the kernel: not root");
  }

  @Test
  void failsWhereTheKernelIsRequired() {
    assertThatThrownBy(() -> KernelCondition.decide(Optional.of("not root"), true))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "programs can't be loaded into the kernel: not root;"
                + " EBPFAGENT_REQUIRE_KERNEL=1 forbids to skip that");
  }
}
