// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Checks that the examples of this repository are valid, whether or not their objects are built.
 */
final class ExampleConfigsTest {
  private static final Path EXAMPLES = Path.of("..", "examples");

  @Test
  void allAreValid() throws Exception {
    assumeTrue(Files.isDirectory(EXAMPLES), "no examples beside this module");
    List<Config> configs = new ArrayList<>();
    for (String name : ConfigSet.namesIn(EXAMPLES)) {
      Path yaml = EXAMPLES.resolve(name + ".yaml");
      ObjectSource object = ObjectSource.ofFile(EXAMPLES.resolve(name + ".bpf.o"));
      try (InputStream in = Files.newInputStream(yaml)) {
        configs.add(ConfigLoader.load(name, name + ".yaml", in, object));
      }
    }
    assertThat(configs).isNotEmpty();
  }
}
