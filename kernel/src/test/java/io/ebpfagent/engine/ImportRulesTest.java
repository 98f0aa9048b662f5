package io.ebpfagent.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;

/** Who may import whom, as docs/ARCHITECTURE says; jdeps tells who does. */
final class ImportRulesTest {
  private static final String OURS = "io.ebpfagent";
  private static final String FOREIGN = "java.lang.foreign";

  /** By package, those of ours that it may import. The package on top may import all. */
  private static final Map<String, Set<String>> MAY_IMPORT =
      Map.of(
          "attach", Set.of("config", "bpf", "kallsyms", "cgroup"),
          "metrics", Set.of("config", "bpf", "attach", "decode"),
          "trace", Set.of("config", "bpf", "attach", "decode"),
          "decode", Set.of("config", "kallsyms", "cgroup"),
          "config", Set.of(),
          "kallsyms", Set.of(),
          "cgroup", Set.of(),
          "bpf", Set.of());

  private static final Pattern LINE = Pattern.compile("\\s+(\\S+)\\s+->\\s+(\\S+)\\s+\\S.*");

  /** One package's use of another. */
  private record Import(String from, String to) {
    @Override
    public String toString() {
      return from + " -> " + to;
    }
  }

  @Test
  void packagesImportOnlyWhatTheyMay() {
    List<Import> imports = imports(jdeps());
    assertThat(imports)
        .as("jdeps sees the classes")
        .contains(new Import("io.ebpfagent.metrics", "io.ebpfagent.attach"))
        .contains(new Import("io.ebpfagent.bpf", FOREIGN));
    assertThat(violations(imports)).isEmpty();
  }

  @Test
  void readsTheLinesOfJdeps() {
    String output =
        """
        classes -> java.base
        classes -> not found
           io.ebpfagent            -> io.ebpfagent.attach      classes
           io.ebpfagent.bpf        -> java.lang.foreign        java.base
           io.ebpfagent.bpf        -> org.jspecify.annotations not found
        """;
    assertThat(imports(output))
        .containsExactly(
            new Import("io.ebpfagent", "io.ebpfagent.attach"),
            new Import("io.ebpfagent.bpf", "java.lang.foreign"),
            new Import("io.ebpfagent.bpf", "org.jspecify.annotations"));
  }

  @Test
  void findsViolations() {
    String output =
        """
           io.ebpfagent.decode     -> io.ebpfagent.bpf         classes
           io.ebpfagent.bpf        -> io.ebpfagent.config      classes
           io.ebpfagent.metrics    -> io.ebpfagent             classes
           io.ebpfagent.metrics    -> io.ebpfagent.trace       classes
           io.ebpfagent.metrics    -> java.lang.foreign        java.base
           io.ebpfagent            -> java.lang.foreign        java.base
           io.ebpfagent.util       -> java.util                java.base
        """;
    assertThat(violations(imports(output)))
        .extracting(Import::toString)
        .containsExactly(
            "io.ebpfagent.decode -> io.ebpfagent.bpf",
            "io.ebpfagent.bpf -> io.ebpfagent.config",
            "io.ebpfagent.metrics -> io.ebpfagent",
            "io.ebpfagent.metrics -> io.ebpfagent.trace",
            "io.ebpfagent.metrics -> java.lang.foreign",
            "io.ebpfagent -> java.lang.foreign",
            "io.ebpfagent.util -> java.util");
  }

  @Test
  void allowsWhatTheTableAllows() {
    String output =
        """
           io.ebpfagent            -> io.ebpfagent.kallsyms    classes
           io.ebpfagent.bpf        -> io.ebpfagent.bpf         classes
           io.ebpfagent.bpf        -> java.lang.foreign        java.base
           io.ebpfagent.decode     -> io.ebpfagent.cgroup      classes
           io.ebpfagent.config     -> org.yaml.snakeyaml       snakeyaml
        """;
    assertThat(violations(imports(output))).isEmpty();
  }

  private static List<Import> violations(List<Import> imports) {
    return imports.stream().filter(i -> !allowed(i)).toList();
  }

  private static boolean allowed(Import used) {
    if (used.from.equals(OURS)) {
      return !used.to.equals(FOREIGN);
    }
    Set<String> mayImport = MAY_IMPORT.get(used.from.substring(OURS.length() + 1));
    if (mayImport == null) {
      // A new package needs a rule before it needs anything else.
      return false;
    }
    if (used.to.equals(FOREIGN)) {
      return used.from.equals(OURS + ".bpf");
    }
    boolean ours = used.to.equals(OURS) || used.to.startsWith(OURS + ".");
    return !ours
        || used.to.equals(used.from)
        || mayImport.stream().anyMatch(name -> used.to.equals(OURS + "." + name));
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

  private static String jdeps() {
    Path classes = Path.of(System.getProperty("basedir", "."), "target", "classes");
    StringWriter output = new StringWriter();
    PrintWriter out = new PrintWriter(output);
    int result =
        ToolProvider.findFirst("jdeps")
            .orElseThrow()
            .run(out, out, "-verbose:package", "-filter:none", classes.toString());
    assertThat(result).as(output.toString()).isZero();
    return output.toString();
  }
}
