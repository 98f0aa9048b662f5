// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigSetTest {
  static final String COUNTER = "metrics: {counters: [{name: %s, help: h}]}\n";

  @TempDir Path dir;

  private void write(String name, String yaml) throws IOException {
    Files.writeString(dir.resolve(name + ".yaml"), yaml);
    Files.writeString(dir.resolve(name + ".bpf.o"), "ELF of " + name);
  }

  /** Returns the set's messages without the directory's name. */
  private List<String> messages(ConfigSet set) {
    return set.problems().stream()
        .map(problem -> problem.toString().replace(dir + "/", "").replace(dir.toString(), "dir"))
        .toList();
  }

  static List<String> names(ConfigSet set) {
    return set.configs().stream().map(Config::name).toList();
  }

  @Test
  void loadsByNameInTheOrderGiven() throws Exception {
    write("timers", COUNTER.formatted("timer_starts_total"));
    write("disks", COUNTER.formatted("disks_total"));
    write("other", COUNTER.formatted("other_total"));
    ConfigSet set = ConfigSet.fromDirectory(dir, List.of("timers", "disks"));
    assertThat(set.problems()).isEmpty();
    assertThat(names(set)).containsExactly("timers", "disks");
    Config timers = set.configs().getFirst();
    assertThat(timers.yaml()).isEqualTo(dir + "/timers.yaml");
    assertThat(timers.object().name()).isEqualTo(dir + "/timers.bpf.o");
    try (InputStream object = timers.object().open()) {
      assertThat(object).hasContent("ELF of timers");
    }
    assertThat(ConfigSet.namesIn(dir)).containsExactly("disks", "other", "timers");
  }

  @Test
  void keepsTheGoodConfigs() throws Exception {
    write("bad", "metrics: {counters: [{name: a}, {help: h}]}");
    write("good", COUNTER.formatted("a"));
    ConfigSet set = ConfigSet.fromDirectory(dir, List.of("bad", "good"));
    assertThat(names(set)).containsExactly("good");
    assertThat(messages(set))
        .containsExactly(
            "bad.yaml:1: metrics.counters[0].help: missing",
            "bad.yaml:1: metrics.counters[1].name: missing");
  }

  @Test
  void saysWhichConfigsThereAre() throws Exception {
    write("timers", COUNTER.formatted("a"));
    write("disks", COUNTER.formatted("b"));
    ConfigSet set = ConfigSet.fromDirectory(dir, List.of("tmers", "network", "timers.yaml"));
    assertThat(set.configs()).isEmpty();
    assertThat(messages(set))
        .containsExactly(
            "tmers.yaml: no such file, did you mean \"timers\"? dir has disks, timers",
            "network.yaml: no such file, dir has disks, timers",
            "timers.yaml.yaml: no such file, did you mean \"timers\"? dir has disks, timers");
  }

  @Test
  void saysWhatAMissingObjectIsMadeOf() throws Exception {
    Files.writeString(dir.resolve("timers.yaml"), "metrics: {counters: [{name: a}]}");
    ConfigSet set = ConfigSet.fromDirectory(dir, List.of("timers"));
    assertThat(set.configs()).isEmpty();
    assertThat(messages(set))
        .containsExactly(
            "timers.bpf.o: no such file, it is compiled from timers.bpf.c",
            "timers.yaml:1: metrics.counters[0].help: missing");
  }

  @Test
  void saysWhyADirectoryIsNotRead() throws Exception {
    Path file = Files.createFile(dir.resolve("file"));
    assertThat(messages(ConfigSet.fromDirectory(dir.resolve("nowhere"), List.of("a", "b"))))
        .containsExactly("nowhere: no such directory");
    assertThat(messages(ConfigSet.fromDirectory(file, List.of("a"))))
        .containsExactly("file: not a directory");
    assertThat(messages(ConfigSet.fromDirectory(dir, List.of("a"))))
        .containsExactly("a.yaml: no such file, dir has no configs");
    assertThatThrownBy(() -> ConfigSet.namesIn(dir.resolve("nowhere")))
        .isInstanceOf(IOException.class)
        .hasMessage(dir.resolve("nowhere") + ": no such directory");
  }

  @Test
  void aDirectoryIsNoConfig() throws Exception {
    Files.createDirectory(dir.resolve("a.yaml"));
    Files.createFile(dir.resolve("a.bpf.o"));
    assertThat(messages(ConfigSet.fromDirectory(dir, List.of("a"))))
        .containsExactly("a.yaml: can't be read: Is a directory");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "../timers",
        "..",
        "a/../../b",
        "a/./b",
        "a//b",
        "a/",
        "/etc/passwd",
        "a\0b",
        "a\nb"
      })
  void namesStayInTheDirectory(String name) {
    ConfigSet set = ConfigSet.fromDirectory(dir, List.of(name));
    assertThat(set.problems())
        .extracting(Problem::message)
        .containsExactly("not a config's name, it is the name of a file without its ending");
    assertThat(set.names()).containsExactly(name);
  }

  @Test
  void aNameMayLeadIntoAFolder() throws Exception {
    Files.createDirectories(dir.resolve("net/deep"));
    write("net/sample", COUNTER.formatted("a"));
    write("net/deep/sample", COUNTER.formatted("b"));
    ConfigSet set =
        ConfigSet.fromDirectory(dir, List.of("net/sample", "net/deep/sample", "net/smple"));
    assertThat(names(set)).containsExactly("net/sample", "net/deep/sample");
    assertThat(set.configs().getFirst().object().name()).isEqualTo(dir + "/net/sample.bpf.o");
    assertThat(messages(set)).containsExactly("net/smple.yaml: no such file, dir has no configs");
    assertThat(ConfigSet.namesIn(dir)).isEmpty();
  }

  @Test
  void aNameIsGivenOnce() throws Exception {
    write("timers", COUNTER.formatted("a"));
    ConfigSet set = ConfigSet.fromDirectory(dir, List.of("timers", "timers"));
    assertThat(names(set)).containsExactly("timers");
    assertThat(messages(set)).containsExactly("timers.yaml: the name is given twice");
  }

  @Test
  void warningsLeaveAConfigRunning() throws Exception {
    write("ignored", "x-note: 1\n" + COUNTER.formatted("a"));
    write("bad", "x-note: 1\nmetrics: {counters: [{name: a}]}");
    ConfigSet set = ConfigSet.fromDirectory(dir, List.of("ignored", "bad"));
    assertThat(names(set)).containsExactly("ignored");
    String ignored = ": x-note: unknown key, known here: metrics, tracing, kaddrs, cgroup_id_map";
    assertThat(set.findings())
        .extracting(problem -> problem.severity() + " " + problem)
        .containsExactly(
            "WARNING " + dir + "/ignored.yaml:1" + ignored,
            "WARNING " + dir + "/bad.yaml:1" + ignored,
            "ERROR " + dir + "/bad.yaml:2: metrics.counters[0].help: missing");
    assertThat(set.warnings()).isEqualTo(set.findings().subList(0, 2));
    assertThat(set.problems()).isEqualTo(set.findings().subList(2, 3));
    assertThat(set.configs().getFirst().warnings()).isEqualTo(set.findings().subList(0, 1));
  }

  @Test
  void takesConfigsOfSeveralPlaces() throws Exception {
    write("timers", COUNTER.formatted("a"));
    Path other = Files.createDirectory(dir.resolve("other"));
    write("other/disks", COUNTER.formatted("b"));
    Config data = ConfigLoader.load("data", "x-note: 1\n" + COUNTER.formatted("c"), new byte[1]);
    try (URLClassLoader loader = bundle()) {
      ConfigSet set =
          ConfigSet.builder()
              .add(data)
              .bundled(loader, List.of("bundled"))
              .fromDirectory(dir, List.of("timers"))
              .fromDirectory(other, List.of("disks", "timers"))
              .fromDirectory(dir.resolve("nowhere"), List.of("lost"))
              .build();
      assertThat(set.names()).containsExactly("data", "bundled", "timers", "disks", "lost");
      assertThat(names(set)).containsExactly("data", "bundled", "timers", "disks");
      assertThat(set.warnings()).isEqualTo(data.warnings()).hasSize(1);
      assertThat(messages(set))
          .containsExactly(
              "other/timers.yaml: the name is given twice", "nowhere: no such directory");
    }
  }

  /** The caller may change the array afterwards, and the object may be opened repeatedly. */
  @Test
  void aConfigMayBeData() throws Exception {
    byte[] elf = {0x7f, 'E', 'L', 'F'};
    Config data = ConfigLoader.load("data", COUNTER.formatted("a"), elf);
    elf[0] = 0;
    assertThat(data.name()).isEqualTo("data");
    assertThat(data.yaml()).isEqualTo("data.yaml");
    assertThat(data.object().name()).isEqualTo("data.bpf.o");
    for (int time = 0; time < 2; time++) {
      try (InputStream object = data.object().open()) {
        assertThat(object.readAllBytes()).containsExactly(0x7f, 'E', 'L', 'F');
      }
    }
    assertThatThrownBy(() -> ConfigLoader.load("data", "metrics: {counters: [{name: a}]}", elf))
        .isInstanceOf(ConfigException.class)
        .hasMessage("data.yaml:1: metrics.counters[0].help: missing");
  }

  private URLClassLoader bundle() throws IOException {
    Path jar = dir.resolve("bundle.jar");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar))) {
      entry(zip, "examples/index", "timers\nbroken\n\n");
      entry(zip, "examples/timers.yaml", COUNTER.formatted("a"));
      entry(zip, "examples/timers.bpf.o", "ELF");
      entry(zip, "examples/broken.yaml", "[");
      entry(zip, "examples/bundled.yaml", COUNTER.formatted("d"));
      entry(zip, "examples/bundled.bpf.o", "ELF");
      entry(zip, "examples/net/sample.yaml", COUNTER.formatted("e"));
      entry(zip, "examples/net/sample.bpf.o", "ELF");
    }
    return new URLClassLoader(new URL[] {jar.toUri().toURL()}, null);
  }

  @Test
  void loadsFromAJar() throws Exception {
    try (URLClassLoader loader = bundle()) {
      assertThat(ConfigSet.bundledNames(loader)).containsExactly("broken", "timers");
      ConfigSet set = ConfigSet.bundled(loader, List.of("timers", "net/sample", "broken", "timer"));
      assertThat(names(set)).containsExactly("timers", "net/sample");
      ObjectSource object = set.configs().getFirst().object();
      assertThat(object.name()).isEqualTo("examples/timers.bpf.o");
      try (InputStream in = object.open()) {
        assertThat(in).hasContent("ELF");
      }
      assertThat(messages(set))
          .containsExactly(
              "examples/broken.bpf.o: no such file, it is compiled from broken.bpf.c",
              "examples/broken.yaml:1: not YAML, column 2: expected the node content, but found"
                  + " '<stream end>'",
              "examples/timer.yaml: no such file, did you mean \"timers\"? the jar has broken,"
                  + " timers");
    }
  }

  @Test
  void oneOfTheUsersOwnComesBeforeABundledOne() throws Exception {
    Files.writeString(dir.resolve("mine.yaml"), COUNTER.formatted("m"));
    Files.writeString(dir.resolve("mine.bpf.o"), "MINE");
    Files.writeString(dir.resolve("net.yaml"), COUNTER.formatted("n"));
    try (URLClassLoader loader = bundle()) {
      ConfigSet set =
          ConfigSet.builder()
              .fromDirectoryOrBundled(dir, loader, List.of("mine", "timers", "timer", "../x"))
              .build();
      assertThat(set.configs())
          .extracting(config -> config.object().name())
          .containsExactly(dir.resolve("mine.bpf.o").toString(), "examples/timers.bpf.o");
      assertThat(messages(set))
          .containsExactly(
              "timer.yaml: no such file, did you mean \"timers\"? dir has mine, net; the jar has"
                  + " broken, timers",
              "\"../x\": not a config's name, it is the name of a file without its ending");
      assertThat(
              messages(
                  ConfigSet.builder()
                      .fromDirectoryOrBundled(null, loader, List.of("timer"))
                      .build()))
          .singleElement()
          .asString()
          .startsWith("examples/timer.yaml: no such file");
      Path nowhere = dir.resolve("nowhere");
      assertThat(
              messages(
                  ConfigSet.builder()
                      .fromDirectoryOrBundled(nowhere, loader, List.of("timers", "own"))
                      .build()))
          .containsExactly(
              "nowhere/own.yaml: no such file, nowhere: no such directory; the jar has"
                  + " broken, timers");
    }
  }

  private static void entry(ZipOutputStream zip, String name, String text) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(text.getBytes(StandardCharsets.UTF_8));
    zip.closeEntry();
  }

  @Test
  void saysThatAJarHasNoExamples() throws Exception {
    try (URLClassLoader loader = new URLClassLoader(new URL[0], null)) {
      assertThat(messages(ConfigSet.bundled(loader, List.of("timers"))))
          .containsExactly("the jar: can't be read: examples/index is not in the jar");
    }
  }

  @Test
  void objectsAreReadFromWhereTheyAre() throws Exception {
    write("timers", "");
    ObjectSource file = ObjectSource.ofFile(dir.resolve("timers.bpf.o"));
    try (InputStream in = file.open()) {
      assertThat(in).hasContent("ELF of timers");
    }
    try (URLClassLoader loader = new URLClassLoader(new URL[0], null)) {
      ObjectSource resource = ObjectSource.ofResource(loader, "examples/a.bpf.o");
      assertThat(resource.name()).isEqualTo("examples/a.bpf.o");
      assertThatThrownBy(resource::open).isInstanceOf(FileNotFoundException.class);
    }
  }

  /** In the locale C, every name that is not ASCII is such a name. */
  @Test
  void aNameThatIsNoTextIsOneConfigsFailure() throws Exception {
    write("good", COUNTER.formatted("a"));
    String bytes = "cd '" + dir + "' && cp good.yaml \"$(printf 'caf\\377').yaml\"";
    assertThat(new ProcessBuilder("sh", "-c", bytes).start().waitFor()).isZero();

    List<String> found = ConfigSet.namesIn(dir);
    assertThat(found).containsExactly("caf\\xff", "good");
    ConfigSet set = ConfigSet.fromDirectory(dir, List.of("caf\\xff", "\ud800", "good"));

    assertThat(names(set)).containsExactly("good");
    assertThat(messages(set))
        .satisfiesExactly(
            m -> assertThat(m).startsWith("caf\\xff.yaml: the name is not "),
            m -> assertThat(m).contains(": the name is not "));
  }

  /** Each of these ended the process, or kept it waiting: the stack, the heap, a pipe. */
  @Test
  void whatNoReaderStandsIsOneConfigsFailure() throws Exception {
    String label = "labels: [{name: a, size: 1, decoders: [{name: regexp, regexps: ['%s']}]}]";
    String regexp = "metrics: {counters: [{name: b, help: h, " + label + "}]}";
    write("nested", regexp.formatted("(a|".repeat(3_000) + "b" + ")".repeat(3_000)));
    write("groups", regexp.formatted("(".repeat(20_000) + ")".repeat(20_000)));
    write("large", "# " + "x".repeat(1 << 20) + "\n" + COUNTER.formatted("c"));
    write("endless", "");
    Files.delete(dir.resolve("endless.yaml"));
    Files.createSymbolicLink(dir.resolve("endless.yaml"), Path.of("/dev/zero"));
    write("pipe", "");
    Files.delete(dir.resolve("pipe.yaml"));
    assertThat(new ProcessBuilder("mkfifo", dir + "/pipe.yaml").start().waitFor()).isZero();
    write("good", COUNTER.formatted("a"));

    List<String> all = List.of("nested", "groups", "large", "endless", "pipe", "good");
    ConfigSet set = ConfigSet.fromDirectory(dir, all);

    assertThat(names(set)).containsExactly("good");
    String nested = "its groups are nested too deeply";
    String file = "is no regular file, only a file or a link to one is read";
    assertThat(messages(set))
        .satisfiesExactly(
            m -> assertThat(m).startsWith("nested.yaml:1: metrics.counters[0]").endsWith(nested),
            m -> assertThat(m).startsWith("groups.yaml:1: metrics.counters[0]").endsWith(nested),
            m ->
                assertThat(m)
                    .startsWith("large.yaml: is larger than ")
                    .endsWith(" KiB, the most that is read with this heap; is it a config?"),
            m -> assertThat(m).isEqualTo("endless.yaml: " + file),
            m -> assertThat(m).isEqualTo("pipe.yaml: " + file));
  }
}
