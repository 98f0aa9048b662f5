// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/** Where a compiled BPF object is read from: a file, or a resource of a jar. */
public interface ObjectSource {
  /** The name that messages give, such as {@code configs/timers.bpf.o}. */
  String name();

  /**
   * Opens the object's bytes.
   *
   * @throws IOException when there is no such object or it can't be read
   */
  InputStream open() throws IOException;

  /** An object in a file. */
  static ObjectSource ofFile(Path file) {
    return new ConfigFiles.FileObject(file);
  }

  /** An object that is a resource of a jar, such as {@code examples/timers.bpf.o}. */
  static ObjectSource ofResource(ClassLoader loader, String resource) {
    return new ConfigFiles.ResourceObject(loader, resource);
  }
}
