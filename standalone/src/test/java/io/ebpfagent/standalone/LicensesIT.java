// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks that the licence of everything in the packaged jar is there, too, as
 * META-INF/licenses/third-party.txt says.
 */
@Tag("jvm")
class LicensesIT {
  private static final String FOLDER = "META-INF/licenses/";

  /** Where the agent's jar has what its host is not to see. */
  private static final String INSIDE = "inst/";

  private static final String TABLE = FOLDER + "third-party.txt";

  /** Classes for one version of Java are below these folders, and treated like the others. */
  private static final Pattern VERSIONS = Pattern.compile("^META-INF/versions/\\d+/");

  @TempDir Path dir;

  @Test
  void everyFileHasItsLicence() throws IOException {
    for (Path packed : jars()) {
      assertThat(findings(packed)).as(packed.toString()).isEmpty();
    }
  }

  @Test
  void theLibraryBringsWhatItsTermsAskFor() throws IOException {
    try (ZipFile jar = new ZipFile(jar().toFile())) {
      if (jar.stream().noneMatch(entry -> entry.getName().endsWith("/libbpf.so"))) {
        return;
      }
      assertThat(text(jar, FOLDER + "NATIVE.txt"))
          .contains("libbpf", "elfutils", "LGPL-3.0-or-later", "EBPF_AGENT_LIBBPF")
          .containsPattern("[0-9a-f]{64}  elfutils_\\S+\\.orig\\.tar\\.");
      assertThat(text(jar, FOLDER + "elfutils/COPYING-LGPLV3"))
          .contains("GNU LESSER GENERAL PUBLIC LICENSE", "Version 3");
      assertThat(text(jar, FOLDER + "elfutils/COPYING"))
          .contains("GNU GENERAL PUBLIC LICENSE", "Version 3");
      assertThat(text(jar, FOLDER + "zlib/zlib.h")).contains("provided 'as-is'");
    }
  }

  @Test
  void oneLibraryMoreIsNoticed() throws IOException {
    Path more = dir.resolve("more.jar");
    Files.copy(jar(), more);
    try (FileSystem files = FileSystems.newFileSystem(more)) {
      Files.delete(files.getPath(FOLDER, "slf4j-api", "LICENSE.txt"));
      for (String folder : List.of("org/example", "META-INF/versions/9/org/newer")) {
        Files.createDirectories(files.getPath(folder));
        Files.createFile(files.getPath(folder, "Extra.class"));
      }
    }

    assertThat(findings(more))
        .containsExactly(
            "org/example/: in no line of third-party.txt",
            "org/newer/: in no line of third-party.txt",
            "org/slf4j/: slf4j-api/LICENSE.txt is missing");
  }

  /** The jars of all modules that were built. */
  private static List<Path> jars() {
    return Stream.concat(
            Stream.of(jar()),
            Stream.of(System.getProperty("ebpfagent.otherJars").split(",", -1))
                .map(Path::of)
                .filter(Files::exists))
        .toList();
  }

  private static Path jar() {
    return Path.of(System.getProperty("ebpfagent.jar"));
  }

  /** Returns what the jar lacks, a line for each folder. */
  private static List<String> findings(Path file) throws IOException {
    try (ZipFile jar = new ZipFile(file.toFile())) {
      NavigableMap<String, List<String>> table = table(text(jar, TABLE));
      boolean bundlesLibrary =
          jar.stream().anyMatch(entry -> entry.getName().matches("(inst/)?native/.*"));
      TreeSet<String> findings = new TreeSet<>();
      jar.stream()
          .filter(entry -> !entry.isDirectory())
          .map(ZipEntry::getName)
          .map(name -> name.startsWith(INSIDE) ? name.substring(INSIDE.length()) : name)
          .map(name -> VERSIONS.matcher(name).replaceFirst(""))
          .filter(name -> !name.startsWith("META-INF/"))
          .forEach(
              name -> {
                Map.Entry<String, List<String>> row = row(name, table);
                if (row == null) {
                  findings.add(
                      name.substring(0, name.lastIndexOf('/') + 1)
                          + ": in no line of third-party.txt");
                  return;
                }
                for (String licence : row.getValue()) {
                  if (!holds(jar, licence) && (bundlesLibrary || !fromSources(licence))) {
                    findings.add(row.getKey() + ": " + licence + " is missing");
                  }
                }
              });
      return List.copyOf(findings);
    }
  }

  /**
   * With BUILD_LIBBPF=0 the sources with these licences are not fetched; such a jar is not for
   * distribution.
   */
  private static boolean fromSources(String licence) {
    return licence.startsWith("re2j/");
  }

  /** Returns the licence files of each folder, as paths from {@link #FOLDER}. */
  private static NavigableMap<String, List<String>> table(String text) {
    NavigableMap<String, List<String>> table = new TreeMap<>();
    for (String line : text.lines().toList()) {
      String[] columns = line.split(" {2,}", -1);
      if (columns.length == 3 && columns[0].endsWith("/")) {
        table.put(columns[0], List.of(columns[2].split(" ", -1)));
      }
    }
    assertThat(table).as("lines of %s", TABLE).isNotEmpty();
    return table;
  }

  /** Returns the row of the innermost folder. */
  private static Map.@Nullable Entry<String, List<String>> row(
      String name, NavigableMap<String, List<String>> table) {
    return table.descendingMap().entrySet().stream()
        .filter(row -> name.startsWith(row.getKey()))
        .findFirst()
        .orElse(null);
  }

  private static boolean holds(ZipFile jar, String licence) {
    ZipEntry entry = jar.getEntry(Path.of(FOLDER, licence).normalize().toString());
    return entry != null && entry.getSize() > 100;
  }

  private static String text(ZipFile jar, String name) throws IOException {
    return new String(bytes(jar, name), UTF_8);
  }

  private static byte[] bytes(ZipFile jar, String name) throws IOException {
    ZipEntry entry = jar.getEntry(name);
    assertThat(entry).as(name).isNotNull();
    try (InputStream in = jar.getInputStream(entry)) {
      return in.readAllBytes();
    }
  }
}
