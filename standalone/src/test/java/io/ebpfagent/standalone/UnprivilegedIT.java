// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * An exporter of an unprivileged user with a few ambient capabilities, as a unit file would start
 * it.
 */
@ProductTest
class UnprivilegedIT {
  private static final Path SETPRIV = Path.of("/usr/bin/setpriv");
  private static final String NOBODY = "65534";
  private static final String ADDRESS = "--web.listen-address=127.0.0.1:0";

  @BeforeAll
  static void needsSetpriv() {
    assumeTrue(Files.isExecutable(SETPRIV), "no " + SETPRIV + " (package util-linux)");
  }

  @Test
  void bpfAndPerfmonAreEnoughForTheDefaultConfigs() throws IOException {
    try (ExporterProcess exporter =
        ExporterProcess.start(process("bpf,perfmon", List.of(ADDRESS)))) {
      Path status = Path.of("/proc", Long.toString(exporter.pid()), "status");
      assertThat(Files.readAllLines(status))
          .contains("CapEff:\t000000c000000000")
          .anyMatch(line -> line.startsWith("Uid:\t" + NOBODY));

      List<String> attached =
          exporter
              .get("/metrics")
              .lines()
              .filter(line -> line.startsWith("ebpf_exporter_config_attached{"))
              .toList();
      assertThat(attached).hasSizeGreaterThan(3).allMatch(line -> line.endsWith(" 1"));
      assertThat(exporter.log())
          .filteredOn(line -> line.contains(" is missing: "))
          .singleElement()
          .asString()
          .contains("CAP_SYSLOG is missing: ")
          .contains("(timers)");
      exporter.stop();
    }
  }

  @Test
  void symbolsAreShownWithSyslog() {
    try (ExporterProcess exporter =
        ExporterProcess.start(
            process("bpf,perfmon,syslog", List.of(ADDRESS, "--config.names=timers")))) {
      assertThat(exporter.log()).noneMatch(line -> line.contains("missing"));
      assertThat(exporter.get("/metrics"))
          .contains("ebpf_exporter_timer_starts_total{")
          .doesNotContain("unknown_addr");
      exporter.stop();
    }
  }

  @Test
  void everyMissingCapabilityIsNamed() {
    Product.Run run =
        Product.run(process("bpf", List.of(ADDRESS, "--config.names=softirq-latency,xdp")));
    assertThat(run.refused(1).err())
        .contains("CAP_PERFMON is missing: programs can't trace the kernel")
        .contains("softirq-latency.bpf.o: EPERM (needs CAP_PERFMON:")
        .contains("xdp.bpf.o: EPERM (needs CAP_NET_ADMIN and CAP_PERFMON:")
        .doesNotContain("CAP_SYSLOG");
  }

  /** Returns the builder of an exporter process with these capabilities and no others. */
  static ProcessBuilder process(String capabilities, List<String> arguments) {
    String set =
        "-all,"
            + Stream.of(capabilities.split(",", -1))
                .map(name -> "+" + name)
                .collect(Collectors.joining(","));
    ProcessBuilder builder = Product.process(Map.of(), arguments);
    List<String> command = new ArrayList<>();
    command.addAll(
        List.of(SETPRIV.toString(), "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups"));
    command.addAll(List.of("--inh-caps=" + set, "--ambient-caps=" + set));
    command.addAll(builder.command());
    return builder.command(command);
  }
}
