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

/** A place with configs and their objects: a directory, or the examples in a jar. */
sealed interface ConfigFiles {
  String YAML = ".yaml";
  String OBJECT = ".bpf.o";

  /** Name of the place in messages, such as the directory's path. */
  String place();

  /** Whether files of this name can be in the place. */
  boolean canName(String name);

  boolean exists(String file);

  /** Returns a file of the place, whether or not it exists. */
  ObjectSource file(String file);

  /**
   * Returns the names of the configs in the place, sorted. A name whose bytes are no text has them
   * as {@code \x}, and then there is no file of that name.
   */
  List<String> names() throws IOException;

  /** Returns why there is no file of a config that {@link #names} has. */
  String whyMissing(String name);

  /**
   * Returns why a file or a directory can't be read; the JDK's messages are often only its name.
   */
  static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such directory";
    }
    if (e instanceof NotDirectoryException) {
      return "not a directory";
    }
    if (e instanceof NotRegularFileException) {
      return String.valueOf(e.getMessage());
    }
    return e instanceof AccessDeniedException
        ? "permission denied"
        : "can't be read: " + e.getMessage();
  }

  /** A directory with {@code NAME.yaml} and {@code NAME.bpf.o} side by side. */
  record Directory(Path dir) implements ConfigFiles {
    @Override
    public String place() {
      return dir.toString().isEmpty() ? "." : dir.toString();
    }

    @Override
    public boolean canName(String name) {
      return FileNames.isPath(name);
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
            .map(Directory::nameOf)
            .filter(file -> file.endsWith(YAML))
            .map(file -> file.substring(0, file.length() - YAML.length()))
            .sorted()
            .toList();
      }
    }

    private static String nameOf(Path file) {
      String name = file.getFileName().toString();
      return FileNames.isText(file) ? name : FileNames.escaped(file);
    }

    @Override
    public String whyMissing(String name) {
      return Files.isSymbolicLink(dir.resolve(name + YAML))
          ? "the link leads nowhere"
          : FileNames.whyNoText();
    }
  }

  /** Resources below {@code examples/}; {@code examples/index} lists the names, one per line. */
  record Bundled(ClassLoader loader) implements ConfigFiles {
    private static final String ROOT = "examples/";

    @Override
    public String place() {
      return "the jar";
    }

    @Override
    public boolean canName(String name) {
      return true;
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
    public String whyMissing(String name) {
      return "is in the jar's index, but not in the jar";
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
