// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StderrLogTest {
  @Test
  void nothingReachesTheTerminalButText() {
    String all = "a\u001b[2J\rb\u0000\u007f\u009bc\td\ne\u00e9 \u2026";
    String escaped = "a\\x1b[2J\\x0db\\x00\\x7f\\x9bc\td%se\u00e9 \u2026";
    assertThat(StderrLog.escaped(all, false)).isEqualTo(escaped.formatted("\\n"));
    assertThat(StderrLog.escaped(all, true)).isEqualTo(escaped.formatted("\n"));
  }
}
