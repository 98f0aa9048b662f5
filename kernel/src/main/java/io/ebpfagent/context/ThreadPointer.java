// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.context;

import io.ebpfagent.linux.NativeFunction;
import io.ebpfagent.linux.SharedLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Shows a thread's record to other tools, as OTEP 4947 has it: a thread-local variable of a library
 * points to it. The tools read the library's symbols from its file, so that is one, for as long as
 * the process lives.
 */
final class ThreadPointer {
  private static final String FILE = "libotel-thread-context.so";

  // void ebpfagent_set_thread_context(void *record)
  private final NativeFunction set;

  private ThreadPointer(SharedLibrary library) {
    set = new NativeFunction(() -> library, "ebpfagent_set_thread_context");
  }

  /**
   * Unpacks and loads the library.
   *
   * @throws IOException when the jar has none for this machine, or there is no place for it
   * @throws UnsatisfiedLinkError when it can't be loaded
   */
  static ThreadPointer load() throws IOException {
    String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    String resource = "/native/linux-" + (arch.equals("amd64") ? "x86_64" : arch) + "/" + FILE;
    try (InputStream in = ThreadPointer.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IOException("this jar has no " + resource.substring(1));
      }
      // Nobody else can write there, or knows the name before.
      Path folder = Files.createTempDirectory("ebpf-agent-");
      Path file = folder.resolve(FILE);
      folder.toFile().deleteOnExit();
      file.toFile().deleteOnExit();
      Files.copy(in, file);
      return new ThreadPointer(SharedLibrary.open(file.toString()));
    }
  }

  /** Points to the current thread's record, which is there for as long as the process. */
  void set(MemorySegment record) {
    set.asLong(NativeFunction.address(record));
  }
}
