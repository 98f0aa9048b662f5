// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher's shell script, with a "java" that prints its arguments, one a line. */
class LauncherTest {
  @TempDir Path dir;
  Path launcher;
  Path jar;
  Path java25;

  @BeforeEach
  void install() throws IOException {
    launcher = Files.copy(Path.of("src/main/sh/ebpf-exporter"), dir.resolve("ebpf-exporter"));
    jar = Files.writeString(dir.resolve("ebpf-exporter.jar"), "a jar");
    java25 = javaHome("25.0.1");
  }

  @Test
  void argumentsArriveAsTheyWereGiven() throws Exception {
    assertThat(launch(Map.of(), "--config.dir", "/a dir", "", "*"))
        .containsSubsequence("-jar", jar.toRealPath().toString())
        .endsWith("--config.dir", "/a dir", "", "*");
  }

  @Test
  void linkedFromElsewhere() throws Exception {
    Path bin = Files.createDirectory(dir.resolve("bin"));
    launcher = Files.createSymbolicLink(bin.resolve("exporter"), launcher);

    assertThat(launch(Map.of())).endsWith("-jar", jar.toRealPath().toString());
  }

  @Test
  void anOldJavaIsPassedOver() throws Exception {
    Path java17 = javaHome("17.0.12");
    String path = java25.resolve("bin") + ":" + System.getenv("PATH");

    assertThat(launch(Map.of("JAVA_HOME", java17.toString(), "PATH", path), "--print-java-home"))
        .containsExactly(java25.toRealPath().toString());
  }

  @Test
  void aJreIsNoJdk() throws Exception {
    assertThat(launch(Map.of(), "--print-java-home", "javac"))
        .doesNotContain(java25.toRealPath().toString());
  }

  @Test
  void theUsersOptionsComeLast() throws Exception {
    assertThat(launch(Map.of("EBPF_EXPORTER_JAVA_OPTS", "-Xmx1g -Da=b")))
        .containsSubsequence("-XX:+UseSerialGC", "-Xmx1g", "-Da=b", "-jar");
  }

  /** SmallContainerIT tests the same in a container. */
  @Test
  void theHeapFitsTheMachine() throws Exception {
    long machine =
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize();
    assertThat(launch(Map.of()))
        .contains("-Xmx" + Math.clamp((machine >> 20) * 3 / 10, 24, 256) + "m");
  }

  /** Some containers mask the file. */
  @Test
  void theHeapWithoutTheMachinesMemory() throws Exception {
    assertThat(
            run(
                Map.of(),
                List.of(
                    "unshare",
                    "-m",
                    "sh",
                    "-c",
                    "mount --bind /dev/null /proc/meminfo && exec \"$0\"",
                    launcher.toString())))
        .anyMatch(argument -> argument.matches("-Xmx\\d+m"))
        .endsWith("-jar", jar.toRealPath().toString());
  }

  @Test
  void fileNamesOfALocaleWithoutOne() throws Exception {
    Files.writeString(java25.resolve("bin/java"), "#!/bin/sh\necho \"$LC_ALL\"\n");
    Map<String, String> none = Map.of("LC_ALL", "", "LC_CTYPE", "", "LANG", "");
    assertThat(launch(none)).containsExactly("C.UTF-8");
    assertThat(launch(Map.of("LC_ALL", "POSIX"))).containsExactly("C.UTF-8");
    assertThat(launch(Map.of("LC_ALL", "de_DE.ISO-8859-1"))).containsExactly("de_DE.ISO-8859-1");
  }

  @Test
  void theUsersCollectorIsTheOnlyOne() throws Exception {
    assertThat(launch(Map.of("EBPF_EXPORTER_JAVA_OPTS", "-XX:+UseG1GC")))
        .contains("-XX:+UseG1GC")
        .doesNotContain("-XX:+UseSerialGC");
  }

  @Test
  void aCacheIsUsedOnlyForTheJarItWasMadeOf() throws Exception {
    Path cache = train();
    assertThat(launch(Map.of())).contains("-XX:AOTCache=" + cache);

    Files.setLastModifiedTime(jar, FileTime.fromMillis(1_000));
    assertThat(launch(Map.of())).noneMatch(argument -> argument.contains("AOT"));
  }

  @Test
  void tracesHaveACacheOfTheirOwn() throws Exception {
    Path cache = train();
    for (Map<String, String> traces :
        List.of(
            Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318"),
            Map.of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector:4318"),
            Map.of("OTEL_TRACES_EXPORTER", "otlp"))) {
      assertThat(launch(traces)).noneMatch(argument -> argument.contains("AOT"));
    }
    for (Map<String, String> none :
        List.of(
            Map.of("OTEL_TRACES_EXPORTER", "none", "OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"),
            Map.of("OTEL_TRACES_EXPORTER", ""))) {
      assertThat(launch(none)).contains("-XX:AOTCache=" + cache);
    }
  }

  @Test
  void trainingRemovesTheCacheOfAnEarlierJar() throws Exception {
    Path old = train();
    Files.writeString(jar, "another jar");

    assertThat(train()).isNotEqualTo(old);
    assertThat(old).doesNotExist();
  }

  /** Simulates a JVM that writes an AOT cache. */
  private Path train() throws Exception {
    String option = "-XX:AOTCacheOutput=";
    Path cache =
        launch(Map.of("EBPF_EXPORTER_TRAIN", "1")).stream()
            .filter(argument -> argument.startsWith(option))
            .map(argument -> Path.of(argument.substring(option.length())))
            .findFirst()
            .orElseThrow();
    return Files.createFile(cache);
  }

  private Path javaHome(String version) throws IOException {
    Path home = Files.createDirectories(dir.resolve("java-" + version));
    Files.writeString(
        home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
    Path java = Files.createDirectory(home.resolve("bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
    Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
    return home;
  }

  private List<String> launch(Map<String, String> environment, String... arguments)
      throws Exception {
    return run(
        environment, Stream.concat(Stream.of(launcher.toString()), Stream.of(arguments)).toList());
  }

  private List<String> run(Map<String, String> environment, List<String> command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", java25.toString());
    builder.environment().putAll(environment);
    Process process = builder.start();
    try (var output = process.inputReader(UTF_8)) {
      List<String> lines = output.lines().toList();
      process.waitFor();
      return lines;
    }
  }
}
