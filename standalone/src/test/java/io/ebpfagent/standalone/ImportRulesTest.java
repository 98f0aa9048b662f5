// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks with jdeps that packages only import what docs/ARCHITECTURE allows. */
final class ImportRulesTest {
  private static final String OURS = "io.ebpfagent.";
  private static final Path ROOT = Path.of(System.getProperty("basedir", "."), "..");

  /** The newest class file version that a module may have, as a Java version. */
  private static final Map<String, Integer> JAVA =
      Map.of(
          "core",
          17,
          "http",
          17,
          "jfr",
          25,
          "kernel",
          25,
          "otel",
          25,
          "agent",
          17,
          "extension",
          25,
          "standalone",
          25);

  /** Classes of the extension that the bootstrap loader has, beside those of the javaagent. */
  private static final String BOOTSTRAP = "io.opentelemetry.javaagent.bootstrap.";

  /** Packages whose class files are of another Java than their module's. */
  private static final Map<String, Integer> JAVA_OF_PACKAGE =
      Map.of("entry", 8, "inprocess", 25, "extension", 8);

  /** Our packages that a package may import; every package may import log. */
  private static final Map<String, Set<String>> MAY_IMPORT = mayImport();

  private static Map<String, Set<String>> mayImport() {
    Map<String, Set<String>> rules = new LinkedHashMap<>();
    Set<String> core = new TreeSet<>();
    rule(rules, core, "log");
    rule(rules, core, "config");
    rule(rules, core, "kallsyms");
    rule(rules, core, "cgroup");
    rule(rules, core, "rows");
    rule(rules, core, "decode", "config", "kallsyms", "cgroup");
    rule(rules, core, "metrics", "rows", "decode", "config");
    rules.put("linux", Set.of());
    rules.put("bpf", Set.of("linux"));
    rules.put("attach", plus(core, "bpf", "linux"));
    rules.put("trace", plus(core, "attach", "bpf", "linux"));
    rules.put("pin", plus(core, "attach", "bpf", "linux"));
    rules.put("context", Set.of("bpf", "linux"));
    rules.put("engine", plus(core, "pin", "trace", "context", "attach", "bpf", "linux"));
    rules.put("otel", Set.of("config", "trace", "engine"));
    rules.put("jfr", Set.of("trace", "engine"));
    rules.put("extension", Set.of());
    rules.put(
        "tracing",
        plus(core, "extension", "metering", "otel", "engine", "trace", "context", "bpf", "linux"));
    rules.put("metering", plus(core, "engine", "trace", "context"));
    rules.put("bootstrap", Set.of());
    rules.put("http", Set.of());
    rules.put("entry", Set.of());
    rules.put("mbean", Set.of("metrics"));
    rules.put("agent", plus(core, "http", "mbean"));
    rules.put("inprocess", plus(core, "agent", "mbean", "jfr", "engine", "bpf", "linux"));
    rules.put("standalone", plus(core, "engine", "trace", "otel", "http", "bpf", "linux"));
    return rules;
  }

  private static void rule(
      Map<String, Set<String>> rules, Set<String> core, String name, String... may) {
    core.add(name);
    rules.put(name, Set.of(may));
  }

  private static Set<String> plus(Set<String> core, String... more) {
    Set<String> all = new HashSet<>(core);
    all.addAll(List.of(more));
    return all;
  }

  /**
   * Classes that set up or use the host's logging: the agent and the extension run before the host
   * has set it up.
   */
  private static final Pattern HOSTS_LOGGING =
      Pattern.compile(
          "java\\.lang\\.System\\$Logger.*|java\\.util\\.logging\\..*|org\\.slf4j\\..*");

  /** Who knows native memory; for threads' records context, bootstrap, and tracing between them. */
  private static final Set<String> FOREIGN =
      Set.of("linux", "bpf", "context", "tracing", "bootstrap");

  private static final Set<String> MAY_LOG_SO = Set.of("standalone");

  private static final Pattern LINE = Pattern.compile("\\s+(\\S+)\\s+->\\s+(\\S+)\\s+\\S.*");

  /** A class's use of another class. */
  private record Import(String from, String to) {
    @Override
    public String toString() {
      return from + " -> " + to;
    }

    String fromPackage() {
      return packageOf(from);
    }

    private static String packageOf(String type) {
      if (type.startsWith(BOOTSTRAP + "Ebpf")) {
        return "bootstrap";
      }
      return type.startsWith(OURS) ? type.substring(OURS.length()).replaceAll("\\..*", "") : "";
    }
  }

  private static List<String> modules() {
    return JAVA.keySet().stream()
        .filter(module -> Files.isDirectory(ROOT.resolve(module).resolve("target/classes")))
        .sorted()
        .toList();
  }

  @Test
  void packagesImportOnlyWhatTheyMay() {
    List<Import> imports = new ArrayList<>();
    modules().forEach(module -> imports.addAll(imports(jdeps(module))));
    assertThat(imports)
        .as("jdeps sees the classes")
        .contains(
            new Import("io.ebpfagent.engine.Engine", "io.ebpfagent.metrics.Metrics"),
            new Import("io.ebpfagent.decode.Decoders", "io.ebpfagent.kallsyms.Kallsyms"));
    assertThat(imports).extracting(Import::to).contains("java.lang.foreign.MemorySegment");
    assertThat(violations(imports)).isEmpty();
  }

  @Test
  void noPackageIsInTwoModules() throws IOException {
    Map<String, String> owner = new TreeMap<>();
    for (String module : modules()) {
      for (Path file : classFiles(module)) {
        String folder = classes(module).relativize(file.getParent()).toString();
        assertThat(owner.getOrDefault(folder, module)).as(folder).isEqualTo(module);
        owner.put(folder, module);
      }
    }
    assertThat(owner).hasSizeGreaterThan(10);
  }

  @Test
  void classFilesAreNoNewerThanTheirModuleSays() throws IOException {
    for (String module : modules()) {
      for (Path file : classFiles(module)) {
        String type = classes(module).relativize(file).toString().replace('/', '.');
        int ofModule = JAVA.getOrDefault(module, 0);
        int expected = JAVA_OF_PACKAGE.getOrDefault(Import.packageOf(type), ofModule);
        assertThat(javaVersion(file)).as(type).isEqualTo(expected);
      }
    }
  }

  private static int javaVersion(Path classFile) throws IOException {
    try (DataInputStream in = new DataInputStream(Files.newInputStream(classFile))) {
      assertThat(in.readInt()).isEqualTo(0xCAFEBABE);
      in.readUnsignedShort();
      return in.readUnsignedShort() - 44;
    }
  }

  @Test
  void readsTheLinesOfJdeps() {
    String output =
        """
        classes -> java.base
        classes -> not found
           io.ebpfagent.engine.Engine   -> io.ebpfagent.attach.Closing      classes
           io.ebpfagent.bpf.BpfMap      -> java.lang.foreign.Arena          java.base
           io.ebpfagent.bpf.BpfMap      -> org.jspecify.annotations.Nullable not found
        """;
    assertThat(imports(output))
        .containsExactly(
            new Import("io.ebpfagent.engine.Engine", "io.ebpfagent.attach.Closing"),
            new Import("io.ebpfagent.bpf.BpfMap", "java.lang.foreign.Arena"),
            new Import("io.ebpfagent.bpf.BpfMap", "org.jspecify.annotations.Nullable"));
  }

  @Test
  void findsViolations() {
    assertThat(
            List.of(
                new Import("io.ebpfagent.decode.X", "io.ebpfagent.bpf.Y"),
                new Import("io.ebpfagent.bpf.X", "io.ebpfagent.config.Y"),
                new Import("io.ebpfagent.metrics.X", "io.ebpfagent.engine.Y"),
                new Import("io.ebpfagent.metrics.X", "java.lang.foreign.Arena"),
                new Import("io.ebpfagent.engine.X", "java.lang.foreign.Arena"),
                new Import("io.ebpfagent.engine.X", "java.lang.System$Logger"),
                new Import("io.ebpfagent.otel.X", "java.util.logging.Logger"),
                new Import("io.prometheus.jmx.logger.X", "java.util.logging.Logger"),
                new Import("io.ebpfagent.util.X", "java.util.List")))
        .isEqualTo(
            violations(
                List.of(
                    new Import("io.ebpfagent.decode.X", "io.ebpfagent.bpf.Y"),
                    new Import("io.ebpfagent.bpf.X", "io.ebpfagent.config.Y"),
                    new Import("io.ebpfagent.bpf.X", "java.lang.foreign.Arena"),
                    new Import("io.ebpfagent.metrics.X", "io.ebpfagent.engine.Y"),
                    new Import("io.ebpfagent.metrics.X", "io.ebpfagent.rows.Y"),
                    new Import("io.ebpfagent.metrics.X", "io.ebpfagent.log.Log"),
                    new Import("io.ebpfagent.metrics.X", "java.lang.foreign.Arena"),
                    new Import("io.ebpfagent.engine.X", "java.lang.foreign.Arena"),
                    new Import("io.ebpfagent.engine.X", "java.lang.System$Logger"),
                    new Import("io.ebpfagent.otel.X", "java.util.logging.Logger"),
                    new Import("io.ebpfagent.standalone.X", "java.util.logging.Logger"),
                    new Import("io.ebpfagent.http.X", "org.slf4j.Logger"),
                    new Import("io.prometheus.jmx.logger.X", "io.ebpfagent.log.Log"),
                    new Import("io.prometheus.jmx.logger.X", "java.util.logging.Logger"),
                    new Import("io.ebpfagent.util.X", "java.util.List"))));
  }

  private static List<Import> violations(List<Import> imports) {
    return imports.stream().filter(i -> !allowed(i)).toList();
  }

  private static boolean allowed(Import used) {
    String from = used.fromPackage();
    if (from.isEmpty()) {
      // A class that takes the place of a library's, and brings its lines to the log of ours.
      String its = Import.packageOf(used.to);
      return !HOSTS_LOGGING.matcher(used.to).matches() && (its.isEmpty() || its.equals("log"));
    }
    Set<String> mayImport = MAY_IMPORT.get(from);
    if (mayImport == null) {
      // A new package first needs a rule.
      return false;
    }
    if (used.to.startsWith("java.lang.foreign.")) {
      return FOREIGN.contains(from);
    }
    if (used.to.startsWith("org.slf4j.") && from.equals("http")) {
      // slf4j finds this provider, which passes Jetty's lines to our log.
      return true;
    }
    if (HOSTS_LOGGING.matcher(used.to).matches()) {
      return MAY_LOG_SO.contains(from);
    }
    String to = Import.packageOf(used.to);
    return to.isEmpty()
        || to.equals(from)
        || to.equals("log")
        || (from.equals("tracing") && to.equals("bootstrap"))
        || mayImport.contains(to);
  }

  private static List<Import> imports(String jdepsOutput) {
    List<Import> imports = new ArrayList<>();
    for (String line : jdepsOutput.lines().toList()) {
      Matcher matcher = LINE.matcher(line);
      if (matcher.matches()) {
        imports.add(new Import(matcher.group(1), matcher.group(2)));
      }
    }
    return imports;
  }

  private static Path classes(String module) {
    return ROOT.resolve(module).resolve("target/classes");
  }

  private static List<Path> classFiles(String module) throws IOException {
    try (Stream<Path> files = Files.walk(classes(module))) {
      return files.filter(file -> file.toString().endsWith(".class")).toList();
    }
  }

  private static String jdeps(String module) {
    StringWriter output = new StringWriter();
    PrintWriter out = new PrintWriter(output);
    int result =
        ToolProvider.findFirst("jdeps")
            .orElseThrow()
            .run(
                out,
                out,
                "-verbose:class",
                "-filter:none",
                "--ignore-missing-deps",
                "--multi-release",
                "base",
                classes(module).toString());
    assertThat(result).as(output.toString()).isZero();
    return output.toString();
  }
}
