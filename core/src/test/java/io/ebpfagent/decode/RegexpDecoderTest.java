// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RegexpDecoderTest {
  @ParameterizedTest
  @CsvSource({
    "systemd-journal, ^systemd-journal$ ^syslog-ng$, systemd-journal",
    "syslog-ng, ^systemd-journal$ ^syslog-ng$, syslog-ng",
    "systemd-bananad, ^systemd-journal$ ^syslog-ng$, (row skipped)",
    "systemd-bananad, ^(systemd).*$ ^syslog-ng$, systemd",
    "kworker/1:2, worker, worker",
    "kworker/1:2, [0-9]+ kworker, 1",
    "/system.slice/ssh.service, ([^/]+)\\.service$, ssh",
    "key=value, (\\w+)=(\\w+), key=value",
    "b, (a)?b, ''",
    "'', ^$, ''",
    "'', x, (row skipped)",
    "caf\u00e9, f(.)$, \u00e9",
    "ABC, (?i)b, B",
  })
  void keepsTheGroupOrTheMatchOfTheFirstPatternThatMatches(String in, String patterns, String text)
      throws Exception {
    RegexpDecoder decoder =
        new RegexpDecoder(Stream.of(patterns.split(" ", -1)).map(Pattern::compile).toList());
    assertThat(Decoding.decode(decoder, in)).isEqualTo(text);
  }
}
