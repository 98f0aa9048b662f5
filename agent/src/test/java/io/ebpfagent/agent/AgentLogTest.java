// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

final class AgentLogTest {
  @Test
  void aStreamOfTheApplicationsThatThrowsStopsNothing() {
    PrintStream before = System.err;
    PrintStream throwing =
        new PrintStream(OutputStream.nullOutputStream(), true, UTF_8) {
          @Override
          public void println(String line) {
            throw new IllegalStateException("closed");
          }
        };
    AgentLog log;
    try {
      System.setErr(throwing);
      log = new AgentLog();
    } finally {
      System.setErr(before);
    }
    log.error("what went wrong");
    assertThat(log.lastError()).isEqualTo("what went wrong");
  }
}
