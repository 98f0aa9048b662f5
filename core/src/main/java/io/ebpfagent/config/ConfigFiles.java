// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The place where configs lie beside their objects: a directory, or the examples in a jar. */
sealed interface ConfigFiles {
  String YAML = ".yaml";
  String OBJECT = ".bpf.o";

  /** The name of the place, for messages. */
  String place();

  boolean exists(String file);

  /** A file of the place, there or not. */
  ObjectSource file(String file);

  /** The configs that are there, sorted. */
  List<String> names() throws IOException;

  /**
   * Why a file or a directory can't be read; the JDK's messages are often no more than its name.
   */
  static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such directory";
    }
    if (e instanceof NotDirectoryException) {
      return "not a directory";
    }
    return e instanceof AccessDeniedException
        ? "permission denied"
        : "can't be read: " + e.getMessage();
  }

  /** {@code NAME.yaml} beside {@code NAME.bpf.o}. */
  record Directory(Path dir) implements ConfigFiles {
    @Override
    public String place() {
      return dir.toString().isEmpty() ? "." : dir.toString();
    }

    @Override
    public boolean exists(String file) {
      return Files.exists(dir.resolve(file));
    }

    @Override
    public ObjectSource file(String file) {
      return ObjectSource.ofFile(dir.resolve(file));
    }

    @Override
    public List<String> names() throws IOException {
      try (Stream<Path> files = Files.list(dir)) {
        return files
            .map(file -> file.getFileName().toString())
            .filter(file -> file.endsWith(YAML))
            .map(file -> file.substring(0, file.length() - YAML.length()))
            .sorted()
            .toList();
      }
    }
  }

  /** Resources below {@code examples/}; {@code examples/index} has the names, one per line. */
  record Bundled(ClassLoader loader) implements ConfigFiles {
    private static final String ROOT = "examples/";

    @Override
    public String place() {
      return "the jar";
    }

    @Override
    public boolean exists(String file) {
      return loader.getResource(ROOT + file) != null;
    }

    @Override
    public ObjectSource file(String file) {
      return ObjectSource.ofResource(loader, ROOT + file);
    }

    @Override
    public List<String> names() throws IOException {
      try (InputStream index = file("index").open()) {
        return new String(index.readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .sorted()
            .toList();
      }
    }
  }
}
