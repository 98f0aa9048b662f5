// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.entry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EbpfAgentTest {
  @ParameterizedTest
  @CsvSource({
    "jdk.jcmd, jdk.jcmd/sun.tools.jcmd.JCmd -l, true",
    "jdk.compiler, jdk.compiler/com.sun.tools.javac.Main -version, true",
    "java.base, java.base/sun.security.tools.keytool.Main, true",
    "'', sun.tools.jps.Jps -l, true",
    "'', com.sun.tools.javac.Main A.java, true",
    "'', sun.shop.jar, false",
    "'', sun.tools.jar --port 1, false",
    "'', sun.shop.Main, false",
    "shop, shop/sun.shop.Main, false"
  })
  void theJdksProgramsAreTools(String module, String command, boolean isTool) {
    assertThat(EbpfAgent.isTool(module, command)).isEqualTo(isTool);
  }
}
