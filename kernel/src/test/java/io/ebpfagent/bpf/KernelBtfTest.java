// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.decode.BtfEnums;
import io.ebpfagent.decode.DecodeContext;
import io.ebpfagent.log.Log;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

@KernelTest
final class KernelBtfTest {
  private final KernelBtf btf = new KernelBtf(null, Log.NONE);

  @Test
  void namesTheValuesOfAnEnum() {
    Map<Long, String> reasons = btf.enumerators("skb_drop_reason");
    assertThat(reasons)
        .containsValues(
            "SKB_DROP_REASON_NOT_SPECIFIED", "SKB_DROP_REASON_NO_SOCKET", "SKB_CONSUMED");
    assertThat(reasons).hasSizeGreaterThan(20);
    assertThat(btf.enumerators("pid_type")).containsEntry(0L, "PIDTYPE_PID");
  }

  @Test
  void knowsNegativeAndLargeValues() {
    assertThat(btf.enumerators("perf_event_state")).containsEntry(-1L, "PERF_EVENT_STATE_OFF");
    assertThat(btf.enumerators("perf_callchain_context"))
        .as("an enum64")
        .containsEntry(-128L, "PERF_CONTEXT_KERNEL");
  }

  @Test
  void anUnknownEnumHasNoValues() {
    assertThat(btf.enumerators("no_such_enum")).isEmpty();
    assertThat(btf.enumerators("task_struct")).as("a struct").isEmpty();
  }

  @Test
  void readsTheBtfOfAFile() {
    KernelBtf file = new KernelBtf(Path.of("/sys/kernel/btf/vmlinux"), Log.NONE);
    assertThat(file.enumerators("skb_drop_reason")).isEqualTo(btf.enumerators("skb_drop_reason"));
  }

  /** Readers of what is pinned have no libbpf. */
  @Test
  void coreReadsTheSame() {
    BtfEnums core = DecodeContext.ofHost().btfEnums();
    for (String name :
        List.of(
            "skb_drop_reason",
            "pid_type",
            "perf_event_state",
            "perf_callchain_context",
            "no_such_enum",
            "task_struct")) {
      assertThat(core.enumerators(name)).as(name).isEqualTo(btf.enumerators(name));
    }
  }

  @Test
  void aMissingFileHasNoEnums() {
    KernelBtf missing = new KernelBtf(Path.of("/no/such/file"), Log.NONE);
    assertThat(missing.enumerators("skb_drop_reason")).isEmpty();
  }
}
