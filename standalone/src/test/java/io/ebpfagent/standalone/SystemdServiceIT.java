// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The units as they are shipped, under a systemd that is the first process of a container. */
@ProductTest
class SystemdServiceIT {
  private static final Path BOOT = Path.of("src/test/systemd/boot").toAbsolutePath();
  private static final Path SYSTEMD = Path.of("/lib/systemd/systemd");
  private static final String SERVICE = "ebpf-exporter.service";
  private static final String SOCKET = "ebpf-exporter.socket";

  /** The lowest number of a user that exists only while its service runs. */
  private static final int FIRST_DYNAMIC_USER = 61184;

  @TempDir Path dir;
  private Cgroup cgroup;
  private Process container;
  private @Nullable ProcessHandle systemd;
  private URI metrics;

  @BeforeEach
  void boot() throws IOException, InterruptedException {
    Machine.needs(Files.isExecutable(SYSTEMD), SYSTEMD + " is there (package systemd)");
    metrics = URI.create("http://127.0.0.1:" + Machine.freePort() + "/metrics");
    change(
        SOCKET,
        "[Socket]",
        "ListenStream=", // clears the unit's own setting
        "ListenStream=127.0.0.1:" + metrics.getPort());
    change(
        SERVICE,
        "[Service]",
        "WatchdogSec=5s",
        "Environment=JAVA_HOME=" + System.getProperty("java.home"));
    Path log = Files.createFile(dir.resolve("log"));
    cgroup = Cgroup.make("ebpf-agent-" + ProcessHandle.current().pid());
    container =
        cgroup.start(
            "exec unshare --mount --pid --fork --cgroup --uts --ipc --kill-child %s %s %s >%s"
                .formatted(BOOT, dir.resolve("units"), Product.WORK, log));
    long deadline = System.nanoTime() + Product.MAY_TAKE.toNanos();
    do {
      systemd = container.children().findFirst().orElse(null);
      assertThat(container.isAlive()).as(log()).isTrue();
      assertThat(System.nanoTime() - deadline).as(log()).isNegative();
    } while (systemd == null || control("is-system-running").code() != 0);
    assertThat(control("start", SOCKET)).isEqualTo(new Result(0, ""));
  }

  @AfterEach
  void end() throws InterruptedException {
    if (container != null) {
      // Killing the first process of a container ends the whole container, and then "unshare".
      (systemd == null ? container.toHandle() : systemd).destroyForcibly();
      container.waitFor();
      cgroup.close();
    }
  }

  /** Writes a drop-in, like "systemctl edit". */
  private void change(String unit, String... lines) throws IOException {
    Path folder = Files.createDirectories(dir.resolve("units").resolve(unit + ".d"));
    Files.write(folder.resolve("override.conf"), List.of(lines));
  }

  private String log() throws IOException {
    return Files.readString(dir.resolve("log"));
  }

  private record Result(int code, String output) {}

  /** Runs systemctl. */
  private Result control(String... arguments) throws IOException, InterruptedException {
    String first = Long.toString(Objects.requireNonNull(systemd).pid());
    List<String> command = new ArrayList<>(List.of("nsenter", "--target", first));
    command.addAll(List.of("--mount", "--root", "--pid", "--cgroup", "systemctl"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Result(process.waitFor(), output);
  }

  /** Returns systemd's properties of the service. */
  private Map<String, String> properties() throws IOException, InterruptedException {
    return control("show", SERVICE)
        .output()
        .lines()
        .map(line -> line.split("=", 2))
        .collect(Collectors.toMap(line -> line[0], line -> line[1], (one, other) -> other));
  }

  /** The same, once it has said that it is ready: it serves some time before that. */
  private Map<String, String> readyProperties() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + Product.MAY_TAKE.toNanos();
    Map<String, String> properties = properties();
    while ("activating".equals(properties.get("ActiveState"))) {
      assertThat(System.nanoTime() - deadline).as(log()).isNegative();
      properties = properties();
    }
    return properties;
  }

  private String scrape() throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request = HttpRequest.newBuilder(metrics).timeout(Product.MAY_TAKE).build();
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(200);
      return response.body();
    }
  }

  /** Returns the exporter's process, with its process id outside the container. */
  private ProcessHandle exporter() {
    return container
        .descendants()
        .filter(process -> process.info().command().orElse("").endsWith("/java"))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no exporter runs"));
  }

  @Test
  void aScrapeStartsItAsAUserWithoutPrivileges() throws Exception {
    assertThat(properties()).containsEntry("ActiveState", "inactive");

    assertThat(scrape())
        .contains("ebpf_exporter_config_attached{")
        .doesNotContainPattern("ebpf_exporter_config_attached\\{.*} 0");

    assertThat(readyProperties())
        .containsEntry("ActiveState", "active")
        .containsEntry("Result", "success")
        .hasEntrySatisfying(
            "StatusText",
            status -> assertThat(status).matches("\\d+ configs attached in \\d+ ms; serving .*"));
    Map<String, String> status = Machine.status(Path.of("/proc/" + exporter().pid()));
    assertThat(status)
        .containsEntry("NoNewPrivs", "1")
        .containsEntry("Seccomp", "2")
        .containsEntry("CapEff", "0000000000000000")
        .containsEntry("CapPrm", "0000000000000000");
    int user = (int) Files.getAttribute(Path.of("/proc/" + exporter().pid()), "unix:uid");
    assertThat(user).isGreaterThanOrEqualTo(FIRST_DYNAMIC_USER);
  }

  @Test
  void stoppedItIsStartedByTheNextScrape() throws Exception {
    scrape();
    assertThat(control("stop", SERVICE).code()).isZero();
    assertThat(properties())
        .containsEntry("ActiveState", "inactive")
        .containsEntry("Result", "success")
        .containsEntry("ExecMainStatus", "0");

    assertThat(scrape()).contains("ebpf_exporter_config_attached{");
  }

  @Test
  void hungItIsStartedAnew() throws Exception {
    scrape();
    ProcessHandle hung = exporter();
    Machine.signal(hung.pid(), "STOP");
    hung.onExit().get(Product.MAY_TAKE.toSeconds(), TimeUnit.SECONDS);

    // The socket stayed open: the scrape waits for the new process.
    assertThat(scrape()).contains("ebpf_exporter_config_attached{");
    assertThat(readyProperties())
        .containsEntry("ActiveState", "active")
        .containsEntry("NRestarts", "1");
    assertThat(exporter().pid()).isNotEqualTo(hung.pid());
  }
}
