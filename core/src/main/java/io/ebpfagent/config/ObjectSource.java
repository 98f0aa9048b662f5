// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;

/** A compiled BPF object in a file, in a resource of a jar, or in memory. */
public interface ObjectSource {
  /** Name of the object in messages, such as {@code configs/timers.bpf.o}. */
  String name();

  /**
   * Opens the object's bytes.
   *
   * @throws IOException when there is no such object or it can't be read
   */
  InputStream open() throws IOException;

  /** An object in a file. Opening anything else fails: a pipe would be waited for forever. */
  static ObjectSource ofFile(Path file) {
    record FileObject(String name, Path file) implements ObjectSource {
      @Override
      public InputStream open() throws IOException {
        // For a directory and for what is missing, the exception of opening it says more.
        if (Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file)) {
          throw new NotRegularFileException();
        }
        return Files.newInputStream(file);
      }
    }
    return new FileObject(file.toString(), file);
  }

  /** An object that is a resource of a jar, such as {@code examples/timers.bpf.o}. */
  static ObjectSource ofResource(ClassLoader loader, String resource) {
    record ResourceObject(String name, ClassLoader loader) implements ObjectSource {
      @Override
      public InputStream open() throws IOException {
        URL url = loader.getResource(name);
        if (url == null) {
          throw new FileNotFoundException(name + " is not in the jar");
        }
        // A cached JarURLConnection would keep the jar open and share it with the host application.
        var connection = url.openConnection();
        connection.setUseCaches(false);
        return connection.getInputStream();
      }
    }
    return new ResourceObject(resource, loader);
  }

  /** An object in memory. */
  static ObjectSource ofBytes(String name, byte[] bytes) {
    byte[] copy = bytes.clone();
    return new ObjectSource() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public InputStream open() {
        return new ByteArrayInputStream(copy);
      }
    };
  }
}
