// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command line: flags, messages and exit codes. */
@ProductTest
class FlagsIT {
  private static final String TIMERS = "--config.names=timers";

  private static final String TWO_PROGRAMS =
      """
      metrics:
        counters:
          - name: switches_total
            help: Of two programs, the one that attaches counts
      """;

  @TempDir Path dir;

  @Test
  void version() {
    assertThat(Product.run("--version").succeeded().out())
        .startsWith("ebpf_exporter, version ")
        .contains("revision", "java: " + Runtime.version(), "linux/");
  }

  @Test
  void anAnswerThatIsNotWrittenIsAnError() {
    for (String question : List.of("--version", "--help")) {
      ProcessBuilder builder = Product.process(Map.of(), List.of(question));
      builder.redirectOutput(new File("/dev/full"));
      assertThat(Product.run(builder).refused(1).err())
          .isEqualTo("the answer can't be written to stdout\n");
    }
  }

  @Test
  void help() {
    Product.Run help = Product.run("--help").succeeded();
    assertThat(help.out())
        .contains(
            "--config.dir",
            "--config.names=NAME[,NAME...]",
            "--[no-]config.check",
            "--[no-]config.strict",
            "--config.skip-cache-size",
            "--config.cache-size=N",
            "--[no-]debug",
            "--[no-]log.no-timestamps",
            "--web.listen-address",
            ":9435",
            "--web.telemetry-path",
            "--btf.path",
            "--version");
    assertThat(help.err()).isEmpty();
    assertThat(Product.run("-h").succeeded().out()).isEqualTo(help.out());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --config.chek                   | did you mean --config.check?
          --listen-address=:9435          | did you mean --web.listen-address?
          --nonsense                      | --nonsense
          timers                          | timers
          --config.names                  | --config.names
          --config.skip-cache-size=many   | many
          --config.skip-cache-size=-1     | --config.skip-cache-size=-1: must not be negative
          --config.cache-size=-1          | --config.cache-size=-1: must not be negative
          --debug --no-debug              | --debug: may be given only once
          --debug=maybe                   | maybe
          --web.listen-address=localhost  | --web.listen-address=localhost: has no port
          --web.listen-address=:http      | the port is no number: http
          --web.listen-address=:65536     | the port is not within 0…65535: 65536
          --web.listen-address=::1:9435   | [::1]:9435
          --web.telemetry-path=metrics    | --web.telemetry-path=metrics: must be a path such as /metrics
          --debug --web.telemetry-path=/maps | --web.telemetry-path=/maps: with --debug the raw maps are there
          """)
  void aWrongCommandLineIsRefused(String arguments, String message) {
    Product.Run run = Product.run(arguments.split(" ")).refused(2);
    assertThat(run.err()).contains(message);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void aPortInUse() throws IOException {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + other.getLocalPort();
      assertThat(Product.run(TIMERS, "--web.listen-address=" + address).refused(1).err())
          .contains(
              "listen on " + address + ": Address already in use; is another exporter running?");
    }
  }

  @Test
  void anAddressOfAnotherMachine() {
    assertThat(Product.run(TIMERS, "--web.listen-address=192.0.2.1:9435").refused(1).err())
        .contains("listen on 192.0.2.1:9435: Cannot assign requested address")
        .doesNotContain("another exporter");
  }

  @Test
  void aDirectoryWithoutConfigs() {
    assertThat(Product.run("--config.dir=" + dir).refused(1).err())
        .contains(dir + ": has no NAME.yaml");
    assertThat(Product.run("--config.dir=" + dir.resolve("nowhere")).refused(1).err())
        .contains(dir.resolve("nowhere") + ": no such directory");
  }

  @Test
  void checksAndEnds() {
    assertThat(Product.run("--config.check", TIMERS).succeeded().err())
        .matches("(?s)\\S+Z INFO checked: timers; every program attaches\n");
    // The value is a separate argument; the negated forms of switches.
    assertThat(
            Product.run(
                    "--config.check",
                    "--config.dir",
                    Product.examples().toString(),
                    "--config.names",
                    "timers,raw-tracepoints",
                    "--no-debug",
                    "--no-config.strict",
                    "--log.no-timestamps")
                .succeeded()
                .err())
        .isEqualTo("INFO checked: timers, raw-tracepoints; every program attaches\n");
  }

  @Test
  void typesOfTheKernelComeFromAFile() throws IOException {
    String config = "--config.names=biolatency";
    Path kernel = Files.copy(Path.of("/sys/kernel/btf/vmlinux"), dir.resolve("btf"));
    Product.run("--config.check", config, "--btf.path=" + kernel).succeeded();

    // The file has BTF types, but not the kernel's.
    Path other = Files.write(dir.resolve("other"), Product.testObject("two-programs"));
    assertThat(Product.run("--config.check", config, "--btf.path=" + other).refused(1).err())
        .contains("failed to resolve CO-RE relocation");
  }

  @Test
  void aFileWithoutTypesIsRefused() throws IOException {
    Path missing = dir.resolve("missing");
    assertThat(Product.run(TIMERS, "--btf.path=" + missing).refused(2).err())
        .contains("--btf.path=" + missing + ": read BTF: ENOENT");
    Path text = Files.writeString(dir.resolve("text"), "not BTF, but quite as long as its header");
    assertThat(Product.run(TIMERS, "--btf.path=" + text).refused(2).err())
        .contains("--btf.path=" + text + ": read BTF: ");
  }

  @Test
  void aCheckFailsForOneBadConfig() throws IOException {
    put("good", TWO_PROGRAMS, Product.testObject("two-programs"));
    Files.writeString(dir.resolve("bad.yaml"), "metrics: 1");
    assertThat(Product.run("--config.check", "--config.dir=" + dir).refused(1).err())
        .contains("bad.yaml:1: metrics: must be a mapping, found 1");
  }

  @Test
  void strictWantsEveryProgramAttached() throws IOException {
    put("two", TWO_PROGRAMS, Product.testObject("two-programs"));
    String config = "--config.dir=" + dir;
    for (Product.Run run :
        List.of(
            Product.run("--config.strict", config),
            Product.run("--config.check", "--config.strict", config))) {
      assertThat(run.refused(1).err())
          .contains("ERROR not attached (config:program): two:cannot_attach\n");
    }
    assertThat(Product.run("--config.check", config).succeeded().err())
        .contains(
            "WARNING two: ",
            "no_such_tracepoint",
            "not attached (config:program): two:cannot_attach");
  }

  @Test
  void aProgramThatDoesNotAttachLeavesTheOthersRunning() throws IOException {
    put("two", TWO_PROGRAMS, Product.testObject("two-programs"));
    try (ExporterProcess exporter =
        ExporterProcess.start("--config.dir=" + dir, "--log.no-timestamps")) {
      assertThat(exporter.log()).allMatch(line -> line.matches("(INFO|WARNING) .*"));
      Exposition scrape = exporter.scrape();
      assertThat(attached(scrape, "attaches")).isEqualTo(1);
      assertThat(attached(scrape, "cannot_attach")).isZero();
      assertThat(scrape.sum("ebpf_exporter_config_attached", Map.of("name", "two"))).isEqualTo(1);
      assertThat(scrape.sum("ebpf_exporter_switches_total", Map.of())).isPositive();
      assertThat(exporter.get("/")).contains("cannot_attach", "not attached: ");
      exporter.stop();
    }
  }

  private static double attached(Exposition scrape, String program) {
    String id =
        scrape.samples("ebpf_exporter_ebpf_program_info").stream()
            .filter(sample -> program.equals(sample.labels().get("program")))
            .map(sample -> sample.labels().getOrDefault("id", ""))
            .findFirst()
            .orElseThrow();
    return scrape.samples("ebpf_exporter_ebpf_program_attached").stream()
        .filter(sample -> id.equals(sample.labels().get("id")))
        .mapToDouble(Exposition.Sample::value)
        .findFirst()
        .orElseThrow();
  }

  private void put(String name, String yaml, byte[] object) throws IOException {
    Files.writeString(dir.resolve(name + ".yaml"), yaml);
    Files.write(dir.resolve(name + ".bpf.o"), object);
  }
}
