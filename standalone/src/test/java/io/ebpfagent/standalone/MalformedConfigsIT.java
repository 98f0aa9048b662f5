// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The exporter's messages about configs that can't run; one process checks the whole table. */
@ProductTest
class MalformedConfigsIT {
  @TempDir static Path dir;
  private static List<String> log = List.of();

  static List<MalformedConfigs.Case> cases() {
    return MalformedConfigs.read();
  }

  @BeforeAll
  static void check() throws IOException {
    for (MalformedConfigs.Case config : cases()) {
      config.write(dir);
    }
    String names =
        cases().stream().map(MalformedConfigs.Case::name).collect(Collectors.joining(","));
    log =
        Product.run(
                "--config.check",
                "--log.no-timestamps",
                "--config.dir=" + dir,
                "--config.names=" + names)
            .refused(1)
            .err()
            .lines()
            .toList();
  }

  /** Checks that all problems of a config are logged, and nothing else. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void says(MalformedConfigs.Case config) {
    String file = dir.resolve(config.name()) + ".";
    List<String> about =
        log.stream()
            .filter(
                line ->
                    line.startsWith("ERROR " + file)
                        || line.startsWith("WARNING " + file)
                        || line.startsWith("ERROR " + config.name() + ": "))
            .toList();
    for (Pattern line : config.lines(dir)) {
      assertThat(about).anyMatch(line.asMatchPredicate());
    }
    assertThat(about).hasSameSizeAs(config.messages());
  }

  @Test
  void nothingElseIsLogged() {
    assertThat(log)
        .allMatch(line -> line.startsWith("ERROR ") || line.startsWith("WARNING "))
        .hasSize(cases().stream().mapToInt(config -> config.messages().size()).sum());
  }

  /**
   * The run of the whole table exits with 1 because of any of its configs; here each kind of
   * failure is alone.
   */
  @ParameterizedTest
  @ValueSource(strings = {"no-decoders", "a-value-of-4-bytes", "what-the-verifier-refuses"})
  void oneIsEnoughToFail(String name) {
    for (String flag : List.of("--config.check", "--config.strict")) {
      Product.run(flag, "--config.dir=" + dir, "--config.names=same-1," + name).refused(1);
    }
    assertThat(Product.run("--config.dir=" + dir, "--config.names=" + name).refused(1).err())
        .contains(name, "no config runs: nothing to export");
  }

  @Test
  void whatIsIgnoredIsAnErrorOnlyWhereOneIsStrict() {
    List<String> config =
        List.of("--config.check", "--config.dir=" + dir, "--config.names=ignored");
    String warning = "ignored.yaml:1: x-note: unknown key, known here: metrics, tracing, kaddrs";
    assertThat(Product.run(config).succeeded().err())
        .contains("WARNING", warning, "checked: ignored");
    List<String> strict = Stream.concat(config.stream(), Stream.of("--config.strict")).toList();
    assertThat(Product.run(strict).refused(1).err())
        .contains("ERROR", warning)
        .doesNotContain("WARNING", "checked");
  }

  @Test
  void theWholeLogOfTheVerifierInDebugMode() {
    String name = "what-the-verifier-refuses";
    String[] flags = {"--config.check", "--config.dir=" + dir, "--config.names=" + name, "--debug"};
    assertThat(log).noneMatch(line -> line.contains("BEGIN PROG LOAD LOG"));
    assertThat(Product.run(flags).refused(1).err())
        .contains(
            "-- BEGIN PROG LOAD LOG --",
            "call bpf_map_lookup_elem#1",
            "R0 invalid mem access 'map_value_or_null'",
            "-- END PROG LOAD LOG --");
  }
}
