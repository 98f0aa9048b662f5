// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Loads configs from texts, as {@code test.yaml}. */
final class TestConfig {
  /** An object that is never opened. */
  record NoObject(String name) implements ObjectSource {
    @Override
    public InputStream open() {
      return InputStream.nullInputStream();
    }
  }

  private TestConfig() {}

  static Config load(String yaml) throws ConfigException {
    return load("test", yaml);
  }

  static Config load(String name, String yaml) throws ConfigException {
    return load(name, yaml.getBytes(StandardCharsets.UTF_8));
  }

  static Config load(String name, byte[] yaml) throws ConfigException {
    return ConfigLoader.load(
        name, name + ".yaml", new ByteArrayInputStream(yaml), new NoObject(name + ".bpf.o"));
  }

  /**
   * Returns all messages about a text, whether or not it is rejected; warnings begin with {@code
   * WARNING}.
   */
  static List<String> messages(byte[] yaml) {
    List<Problem> problems;
    try {
      problems = load("test", yaml).warnings();
      assertThat(problems).noneMatch(Problem::isError);
    } catch (ConfigException e) {
      problems = e.problems();
      assertThat(problems).anyMatch(Problem::isError);
    }
    return problems.stream()
        .map(problem -> problem.isError() ? problem.toString() : "WARNING " + problem)
        .toList();
  }

  static List<String> messages(String yaml) {
    return messages(yaml.getBytes(StandardCharsets.UTF_8));
  }
}
