// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ebpfagent.tracing.OtlpReceiver.Received;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Where there can be no kernel spans, one line says so, and the agent does for the application what
 * it does without us.
 */
@ExtensionTest
class FailuresIT {
  private static final String NONE = TracedApp.OURS + "error: no kernel spans: ";

  @TempDir Path dir;

  /** The application's own spans come as without us; returns the last. */
  private static Received works(TracedApp app, OtlpReceiver receiver) throws InterruptedException {
    app.say("wait 20");
    app.await("done wait 20"::equals);
    Received span = receiver.awaitOne("wait 20");
    assertThat(span.resource()).containsEntry("service.name", "the-app");
    assertThat(app.lines()).noneMatch(line -> line.contains("Exception") || line.contains("\tat "));
    return span;
  }

  private static void hasKernelSpans(TracedApp app, OtlpReceiver receiver)
      throws InterruptedException {
    app.awaitKernelSpans();
    Received parent = works(app, receiver);
    receiver.await(1, span -> span.isBelow(parent));
  }

  private static void hasOneLine(TracedApp app, String regex) throws InterruptedException {
    app.await(line -> line.startsWith(TracedApp.OURS));
    assertThat(app.ours()).singleElement().asString().matches(regex);
  }

  private static void failsWith(TracedApp.Builder builder, String regex) throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TracedApp app = builder.withoutLibraries().to(receiver).start(WaitingApp.class)) {
      app.await(line -> line.startsWith(TracedApp.OURS));
      works(app, receiver);
      hasOneLine(app, regex);
      assertThat(receiver.spans(Received::isKernels)).isEmpty();
    }
  }

  private static Optional<Path> olderJava() throws IOException {
    try (Stream<Path> homes = Files.list(Path.of("/usr/lib/jvm"))) {
      return homes.filter(FailuresIT::isOlder).findFirst();
    }
  }

  private static boolean isOlder(Path home) {
    try {
      return Files.isExecutable(home.resolve("bin/java"))
          && Files.readString(home.resolve("release"))
              .matches("(?s).*JAVA_VERSION=\"(1\\.8|11|17|21|2[2-4])[.\"].*");
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void anOlderJavaIsNoObstacle() throws Exception {
    Optional<Path> java = olderJava();
    assumeTrue(java.isPresent(), "no older Java in /usr/lib/jvm");
    Path source = Path.of("src/test/java", WaitingApp.class.getName().replace('.', '/') + ".java");
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-nowarn",
                "-proc:none",
                "--release",
                "8",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                dir.toString(),
                Path.of(System.getProperty("basedir", ".")).resolve(source).toString());
    assertThat(compiled).isZero();
    failsWith(
        TracedApp.builder().java(java.orElseThrow(), dir),
        ".* no kernel spans: this is Java [0-9.]+, and they need Java 25 or later");
  }

  @Test
  void withoutCapabilities() throws Exception {
    failsWith(
        TracedApp.builder().after("setpriv", "--bounding-set=-all", "--inh-caps=-all"),
        "\\Q" + NONE + "\\E.*EPERM \\(needs .*CAP_BPF.*");
  }

  @Test
  void probesOfTheCLibraryMayNeedMoreThanOthers() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TracedApp app =
            TracedApp.builder()
                .after("setpriv", "--bounding-set=-all,+bpf,+perfmon", "--inh-caps=-all")
                .to(receiver)
                .start(WaitingApp.class)) {
      hasKernelSpans(app, receiver);
      // Newer kernels refuse those, and those alone; a line for each config.
      assertThat(app.ours())
          .filteredOn(line -> line.contains("attach program"))
          .allMatch(
              line ->
                  line.matches(
                      ".*(file-sync|dns-lookup): .*, and [0-9]+ more programs: EACCES"
                          + " \\(needs CAP_SYS_ADMIN: run as root, or give it to the process\\)"))
          .hasSizeBetween(0, 2);
    }
  }

  @Test
  void withoutTypesOfTheKernel() throws Exception {
    failsWith(
        TracedApp.builder()
            .after(
                "unshare",
                "--mount",
                "--propagation=private",
                "sh",
                "-c",
                "mount -t tmpfs none /sys/kernel/btf && exec \"$0\" \"$@\""),
        "\\Q" + NONE + "\\E.*thread-context.*");
  }

  @Test
  void withoutNativeAccess() throws Exception {
    failsWith(
        TracedApp.builder().withoutNativeAccess().options("--illegal-native-access=deny"),
        "\\Q" + NONE + "\\Ethis JVM denies native access: add --enable-native-access=ALL-UNNAMED");
  }

  @Test
  void withASettingThatMeansNothing() throws Exception {
    failsWith(
        TracedApp.builder().options("-Dotel.ebpf.spans.kinds=off-cpus"),
        "\\Q" + NONE + "otel.ebpf.spans.kinds=off-cpus: needs all, none, or some of off-cpu\\E.*");
  }

  @Test
  void aWrongSettingDoesNotHideAnother() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TracedApp app =
            TracedApp.builder()
                .withoutLibraries()
                .options("-Dotel.ebpf.spans.kinds=off-cpus", "-Dotel.ebpf.metrics.max-sries=5")
                .to(receiver)
                .start(WaitingApp.class)) {
      works(app, receiver);
      assertThat(app.ours())
          .hasSize(2)
          .anyMatch(line -> line.contains("otel.ebpf.spans.kinds=off-cpus: needs"))
          .anyMatch(line -> line.contains("otel.ebpf.metrics.max-sries"));
    }
  }

  @Test
  void aConfigThatIsBrokenLeavesTheOthers() throws Exception {
    Files.writeString(dir.resolve("broken.yaml"), "tracing:\n  spans:\n    - rongbuf: x\n");
    Files.writeString(dir.resolve("broken.bpf.o"), "no object");
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TracedApp app =
            TracedApp.builder()
                .withoutLibraries()
                .options("-Dotel.ebpf.config.dir=" + dir, "-Dotel.ebpf.configs=broken")
                .to(receiver)
                .start(WaitingApp.class)) {
      hasKernelSpans(app, receiver);
      assertThat(app.ours())
          .filteredOn(line -> line.contains("error: "))
          .isNotEmpty()
          .allMatch(line -> line.contains("broken.yaml"));
    }
  }

  @Test
  void switchedOffItIsNotThere() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TracedApp app =
            TracedApp.builder()
                .options("-Dotel.ebpf.enabled=false")
                .to(receiver)
                .start(WaitingApp.class)) {
      works(app, receiver);
      assertThat(app.ours()).isEmpty();
      assertThat(receiver.spans(Received::isKernels)).isEmpty();
    }
  }

  @Test
  void aReceiverThatIsAwayCostsSpansAndSaysSo() throws Exception {
    int port;
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = taken.getLocalPort();
    }
    try (TracedApp app =
        TracedApp.builder()
            .withoutLibraries()
            .options("-Dotel.exporter.otlp.endpoint=http://127.0.0.1:" + port)
            .start(EndingApp.class)) {
      app.awaitKernelSpans();
      app.say("end");
      assertThat(app.awaitEnd(TracedApp.MAY_TAKE)).isZero();
      List<String> ours = app.ours();
      assertThat(ours).last().asString().matches(".*spans: 0 exported, [1-9][0-9]* dropped");
    }
  }

  @Test
  void anEndWhileItStillBeginsDoesNotWaitForThat() throws Exception {
    try (TracedApp app = TracedApp.builder().withoutLibraries().start(EndingApp.class)) {
      app.await("ready"::equals);
      app.endInput();
      assertThat(app.awaitEnd(TracedApp.MAY_TAKE)).isZero();
      // It would say so when all programs are attached, which takes a second or more.
      assertThat(app.ours()).noneMatch(line -> line.contains("kernel spans: "));
    }
  }
}
