// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ArgumentsTest {
  @ParameterizedTest
  @CsvSource({
    "'', '', ''",
    "agent.yaml, '', agent.yaml",
    "/etc/a b.yaml, '', /etc/a b.yaml",
    "9404, 0.0.0.0:9404, ''",
    "9404:agent.yaml, 0.0.0.0:9404, agent.yaml",
    "127.0.0.1:9404:/etc/agent.yaml, 127.0.0.1:9404, /etc/agent.yaml",
    "127.0.0.1:9404, 127.0.0.1:9404, ''",
    "'[::1]:9404:agent.yaml', 0:0:0:0:0:0:0:1:9404, agent.yaml",
    "9404:a:b.yaml, 0.0.0.0:9404, a:b.yaml",
    "./9404, '', ./9404"
  })
  void areAnAddressAndAFile(String text, String address, String file) {
    Arguments arguments = Arguments.parse(text);
    assertThat(
            arguments
                .address()
                .map(where -> where.getAddress().getHostAddress() + ":" + where.getPort())
                .orElse(""))
        .isEqualTo(address);
    assertThat(arguments.file().map(Path::toString).orElse("")).isEqualTo(file);
  }

  @Test
  void aPortThatIsNone() {
    assertThatThrownBy(() -> Arguments.parse("70000:agent.yaml"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no port: 70000");
  }
}
