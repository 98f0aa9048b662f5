// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Application servers break when their LogManager is created before they have set it up. */
@KernelTest
@Timeout(120)
final class HostsLoggingTest {
  private static String run(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-Djava.util.logging.manager=" + HostsLogging.Trap.class.getName());
    command.add("-Dbasedir=" + System.getProperty("basedir", "."));
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(HostsLogging.class.getName());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  @Test
  void theEngineLeavesItAlone() throws Exception {
    assertThat(run())
        .contains("it runs", "ERROR bad: ")
        .doesNotContain("the host's LogManager was built");
  }

  @Test
  void theTrapWorks() throws Exception {
    assertThat(run("trip")).contains("the host's LogManager was built");
  }
}
