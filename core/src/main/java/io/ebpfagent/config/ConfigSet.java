// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Several configs that run together: the valid ones, and the problems of all of them.
 *
 * <p>A config with an error is not in {@code configs}; the caller decides whether the rest may run
 * without it.
 *
 * @param names all names that were asked for, in that order, including those that can't run
 * @param configs in the order of the names
 * @param findings errors and warnings in the order of the names, and within a file in the order of
 *     its lines
 */
public record ConfigSet(List<String> names, List<Config> configs, List<Problem> findings) {
  public ConfigSet {
    names = List.copyOf(names);
    configs = List.copyOf(configs);
    findings = List.copyOf(findings);
  }

  /** Returns the errors, for which configs are left out. */
  public List<Problem> problems() {
    return findings.stream().filter(Problem::isError).toList();
  }

  /** Returns the warnings, about settings that are ignored. */
  public List<Problem> warnings() {
    return findings.stream().filter(problem -> !problem.isError()).toList();
  }

  /** Returns a builder for a set of configs from several places. */
  public static ConfigSetBuilder builder() {
    return new ConfigSetBuilder();
  }

  /**
   * Returns the configs of these names in a directory, see {@link ConfigSetBuilder#fromDirectory}.
   */
  public static ConfigSet fromDirectory(Path dir, List<String> names) {
    return builder().fromDirectory(dir, names).build();
  }

  /** Returns the bundled configs of these names, see {@link ConfigSetBuilder#bundled}. */
  public static ConfigSet bundled(ClassLoader loader, List<String> names) {
    return builder().bundled(loader, names).build();
  }

  /**
   * Returns the names of the configs in a directory, sorted; subfolders are not searched.
   *
   * @throws IOException when the directory can't be listed; the message names it and the reason
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
   * Returns the names of the bundled configs, sorted. They come from the resource {@code
   * examples/index}, because a jar can't be listed.
   */
  public static List<String> bundledNames(ClassLoader loader) throws IOException {
    return new ConfigFiles.Bundled(loader).names();
  }
}
