// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigFolderTest {
  @ParameterizedTest
  @CsvSource({
    "timers, timers",
    "cachestat-pre-kernel-5.16, cachestat-pre-kernel-5%2E16",
    "net/sample, net%2Fsample",
    "100%2E, 100%252E",
    "100%2F, 100%252F"
  })
  void thereAndBack(String config, String folder) {
    assertThat(ConfigFolder.of(config)).isEqualTo(folder);
    assertThat(ConfigFolder.config(folder)).isEqualTo(config);
  }
}
