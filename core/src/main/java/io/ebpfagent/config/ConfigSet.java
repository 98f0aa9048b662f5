// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Several configs that run together: the good ones, and what is wrong with the others.
 *
 * <p>A config with a problem is not among {@code configs}; a caller decides whether the rest may
 * run without it.
 *
 * @param configs in the order their names were given
 * @param problems in the order of the names, and within a file in its order
 */
public record ConfigSet(List<Config> configs, List<Problem> problems) {
  public ConfigSet {
    configs = List.copyOf(configs);
    problems = List.copyOf(problems);
  }

  /**
   * Checks configs against each other: two may define a metric of the same name only when its type
   * is the same and its labels differ. Of two that can't run together the later is left out.
   */
  public static ConfigSet of(List<Config> configs) {
    ConfigSetBuilder set = new ConfigSetBuilder();
    configs.forEach(set::add);
    return set.build();
  }

  /**
   * Loads {@code NAME.yaml} and {@code NAME.bpf.o} of a directory. Never throws: a directory or a
   * file that can't be read is a problem.
   *
   * @param names the files' names without their endings
   */
  public static ConfigSet fromDirectory(Path dir, List<String> names) {
    return new ConfigSetBuilder().load(new ConfigFiles.Directory(dir), names).build();
  }

  /**
   * Loads configs that are bundled as resources {@code examples/NAME.yaml} and {@code
   * examples/NAME.bpf.o}.
   */
  public static ConfigSet bundled(ClassLoader loader, List<String> names) {
    return new ConfigSetBuilder().load(new ConfigFiles.Bundled(loader), names).build();
  }

  /**
   * The names of the configs in a directory, sorted.
   *
   * @throws IOException names the directory and says what is wrong with it
   */
  public static List<String> namesIn(Path dir) throws IOException {
    ConfigFiles files = new ConfigFiles.Directory(dir);
    try {
      return files.names();
    } catch (IOException e) {
      throw new IOException(files.place() + ": " + ConfigFiles.reason(e), e);
    }
  }

  /**
   * The names of the bundled configs, sorted; from the resource {@code examples/index}, because a
   * jar can't be listed.
   */
  public static List<String> bundledNames(ClassLoader loader) throws IOException {
    return new ConfigFiles.Bundled(loader).names();
  }
}
