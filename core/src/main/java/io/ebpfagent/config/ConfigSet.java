// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Several configs that run together: the good ones, and what is wrong with them and the others.
 *
 * <p>A config with an error is not among {@code configs}; a caller decides whether the rest may run
 * without it.
 *
 * @param names all that were asked for, in that order, those that can't run included
 * @param configs in the order of the names
 * @param findings errors and warnings in the order of the names, and within a file in its order
 */
public record ConfigSet(List<String> names, List<Config> configs, List<Problem> findings) {
  public ConfigSet {
    names = List.copyOf(names);
    configs = List.copyOf(configs);
    findings = List.copyOf(findings);
  }

  /** Why configs are left out. */
  public List<Problem> problems() {
    return findings.stream().filter(Problem::isError).toList();
  }

  /** What is ignored. */
  public List<Problem> warnings() {
    return findings.stream().filter(problem -> !problem.isError()).toList();
  }

  /** Begins a set of configs of several places. */
  public static ConfigSetBuilder builder() {
    return new ConfigSetBuilder();
  }

  /** The configs of these names in a directory, see {@link ConfigSetBuilder#fromDirectory}. */
  public static ConfigSet fromDirectory(Path dir, List<String> names) {
    return builder().fromDirectory(dir, names).build();
  }

  /** The bundled configs of these names, see {@link ConfigSetBuilder#bundled}. */
  public static ConfigSet bundled(ClassLoader loader, List<String> names) {
    return builder().bundled(loader, names).build();
  }

  /**
   * The names of the configs in a directory, sorted; those in its folders are not among them.
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
