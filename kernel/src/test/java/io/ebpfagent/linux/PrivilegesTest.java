// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static io.ebpfagent.linux.Capability.CAP_BPF;
import static io.ebpfagent.linux.Capability.CAP_NET_ADMIN;
import static io.ebpfagent.linux.Capability.CAP_PERFMON;
import static io.ebpfagent.linux.Capability.CAP_SYS_RESOURCE;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PrivilegesTest {
  @Test
  void namesWhatIsMissingAndNothingElse() {
    Capabilities effective = Capabilities.of(List.of(CAP_BPF));
    assertThat(Privileges.hint(effective, CAP_BPF, CAP_PERFMON))
        .isEqualTo("needs CAP_PERFMON: run as root, or give it to the process");
    assertThat(Privileges.hint(effective, CAP_BPF))
        .isEqualTo("needs CAP_BPF, which this container or host denies");
  }

  @Test
  void loadingTakesWhatTheProgramsAndTheKernelWant() {
    assertThat(Privileges.toLoad(List.of("tp_btf/timer_start"), "6.1.0-41-amd64"))
        .containsExactlyInAnyOrder(CAP_BPF, CAP_PERFMON);
    assertThat(Privileges.toLoad(List.of("tp_btf/timer_start", "xdp/lo"), "6.1.0-41-amd64"))
        .contains(CAP_NET_ADMIN);
    assertThat(Privileges.toLoad(List.of("kprobe/x"), "5.10.0-30-amd64"))
        .contains(CAP_SYS_RESOURCE);
  }
}
