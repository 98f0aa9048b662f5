// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class JmxRulesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "# nothing",
        "ebpf: {configs: [x]}",
        "excludeObjectNames: ['a:*']",
        "blacklistObjectNames: ['a:*']",
        "x: &a [1]\nrules: [{pattern: '.*'}]"
      })
  void takesWhatAFileMayHave(String text) {
    assertThat(JmxRules.of(text, "ebpf")).isNotNull();
  }

  @Test
  void saysWhichKeyIsWrong() {
    assertThatThrownBy(() -> JmxRules.of("rules: [{pattern: 'a'}, {pattern: '('}]\n", "ebpf"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("rules[1]: ");
    assertThatThrownBy(() -> JmxRules.of("includeObjectNames: [a]\n", "ebpf"))
        .hasMessageStartingWith("includeObjectNames[0]: ");
    assertThatThrownBy(() -> JmxRules.of("excludeObjectNames: 5\n", "ebpf"))
        .hasMessageStartingWith("excludeObjectNames: ");
    assertThatThrownBy(() -> JmxRules.of("lowercaseOutputName: perhaps\n", "ebpf"))
        .hasMessageStartingWith("lowercaseOutputName: ");
  }
}
