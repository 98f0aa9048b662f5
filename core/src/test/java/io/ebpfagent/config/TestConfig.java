// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Loads configs from texts of the tests, as {@code test.yaml}. */
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

  /** The messages of a text that is refused, none when it is not. */
  static List<String> messages(byte[] yaml) {
    try {
      load("test", yaml);
      return List.of();
    } catch (ConfigException e) {
      return e.problems().stream().map(Problem::toString).toList();
    }
  }

  static List<String> messages(String yaml) {
    return messages(yaml.getBytes(StandardCharsets.UTF_8));
  }
}
