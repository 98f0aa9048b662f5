// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PatternSizeTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "^(kswapd).*$",
        "^.*(system.slice/.*)$",
        "a{1000}",
        "(a{100}){99}",
        "[{1000}{1000}{1000}]",
        "[]{1000}{1000}{1000}]",
        "[^]{1000}{1000}{1000}]",
        "[[:alpha:]{1000}{1000}]",
        "[\\]{1000}{1000}{1000}]",
        "\\{1000}{1000",
        "\\Q{1000}{1000}{1000}\\E",
        "\\p{Greek}{1000}",
        "\\x{10FFFF}{1000}",
        "a{,1000}",
        "(((((((((((",
        ")))",
        "[[:",
        "\\",
      })
  void takesWhatIsOrdinary(String pattern) {
    assertThat(PatternSize.isExcessive(pattern)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "((a{1000}){1000}){1000}",
        "(a{1000}){1000}",
        "((){1000}){1000}",
        "((((a{10}){10}){10}){10}){10}",
        "(?:[a-z]{1000}b){11}",
        "(a|b{500,}){100}",
        "([[:alpha:]]{200}){200}",
        "(\\p{L}{200}){200}",
        "a{999999999}",
      })
  void refusesWhatWouldExhaustTheHeap(String pattern) {
    assertThat(PatternSize.isExcessive(pattern)).isTrue();
  }

  @Test
  void refusesWhatWouldExhaustTheStack() {
    assertThat(PatternSize.isExcessive("(".repeat(201))).isTrue();
    assertThat(PatternSize.isExcessive("(?:".repeat(200) + ")".repeat(200))).isFalse();
    assertThat(PatternSize.isExcessive("a".repeat(10_001))).isTrue();
  }
}
