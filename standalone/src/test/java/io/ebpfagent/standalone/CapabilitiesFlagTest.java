// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.ebpfagent.linux.Capabilities;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CapabilitiesFlagTest {
  @Test
  void allIsNothingToDo() {
    assertThat(CapabilitiesFlag.parse("all")).isEmpty();
    assertThat(CapabilitiesFlag.parse("None")).contains(Capabilities.NONE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cap_bpf                | CAP_BPF",
        "CAP_SYSLOG,cap_perfmon | CAP_SYSLOG, CAP_PERFMON",
        "cap_bpf, cap_bpf       | CAP_BPF"
      })
  void namesInAnyCase(String text, String kept) {
    assertThat(CapabilitiesFlag.parse(text).orElseThrow()).hasToString(kept);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cap_sysl0g      | no capability \"cap_sysl0g\"; did you mean cap_syslog?",
        "cap_bpf,perfmon | no capability \"perfmon\"; did you mean cap_perfmon?",
        "everything      | no capability \"everything\"; it takes all, none, or names such as",
        "cap_bpf,        | no capability \"\"; it takes all, none, or names such as"
      })
  void otherNamesAreRefused(String text, String problem) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CapabilitiesFlag.parse(text))
        .withMessageContaining("--capabilities.keep=" + text)
        .withMessageContaining(problem);
  }
}
