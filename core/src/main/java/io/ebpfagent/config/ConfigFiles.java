// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
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

  /** How messages call the place. */
  String place();

  /** How messages call a file of the place. */
  String shown(String file);

  boolean exists(String file);

  /** Opens a file; {@link FileNotFoundException} only when it is not there. */
  InputStream open(String file) throws IOException;

  ObjectSource object(String file);

  /** The configs that are there, sorted. */
  List<String> names() throws IOException;

  /**
   * Why a file or a directory can't be read; the JDK's messages are often no more than its name.
   */
  static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "no such directory";
      case NotDirectoryException file -> "not a directory";
      case AccessDeniedException denied -> "permission denied";
      default -> "can't be read: " + e.getMessage();
    };
  }

  /** {@code NAME.yaml} beside {@code NAME.bpf.o}. */
  record Directory(Path dir) implements ConfigFiles {
    @Override
    public String place() {
      return dir.toString().isEmpty() ? "." : dir.toString();
    }

    @Override
    public String shown(String file) {
      return dir.resolve(file).toString();
    }

    @Override
    public boolean exists(String file) {
      return Files.exists(dir.resolve(file));
    }

    @Override
    public InputStream open(String file) throws IOException {
      return new FileObject(dir.resolve(file)).open();
    }

    @Override
    public ObjectSource object(String file) {
      return new FileObject(dir.resolve(file));
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
    public String shown(String file) {
      return ROOT + file;
    }

    @Override
    public boolean exists(String file) {
      return loader.getResource(ROOT + file) != null;
    }

    @Override
    public InputStream open(String file) throws IOException {
      return new ResourceObject(loader, ROOT + file).open();
    }

    @Override
    public ObjectSource object(String file) {
      return new ResourceObject(loader, ROOT + file);
    }

    @Override
    public List<String> names() throws IOException {
      try (InputStream index = open("index")) {
        return new String(index.readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .sorted()
            .toList();
      }
    }
  }

  /** A file on disk. */
  record FileObject(Path file) implements ObjectSource {
    @Override
    public String name() {
      return file.toString();
    }

    @Override
    public InputStream open() throws IOException {
      return Files.newInputStream(file);
    }
  }

  /** A resource of a jar. */
  record ResourceObject(ClassLoader loader, String resource) implements ObjectSource {
    @Override
    public String name() {
      return resource;
    }

    @Override
    public InputStream open() throws IOException {
      URL url = loader.getResource(resource);
      if (url == null) {
        throw new FileNotFoundException(resource + " is not in the jar");
      }
      // A cached JarURLConnection would keep the jar open, and share it with the host's.
      var connection = url.openConnection();
      connection.setUseCaches(false);
      return connection.getInputStream();
    }
  }
}
