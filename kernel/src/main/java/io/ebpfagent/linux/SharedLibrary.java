// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static io.ebpfagent.linux.NativeFunction.address;

import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.ToLongFunction;

/** A shared library, loaded for the life of the JVM. */
public final class SharedLibrary {
  private static final int MFD_CLOEXEC = 1;
  private static final int RTLD_NOW = 2;
  private static final String DESCRIPTORS = "/proc/self/fd/";

  // void *dlopen(const char *filename, int flags)
  private static final NativeFunction DLOPEN = NativeFunction.libc("dlopen");
  // void *dlsym(void *handle, const char *symbol)
  private static final NativeFunction DLSYM = NativeFunction.libc("dlsym");
  // char *dlerror(void)
  private static final NativeFunction DLERROR = NativeFunction.libc("dlerror");
  // int memfd_create(const char *name, unsigned int flags)
  private static final NativeFunction MEMFD_CREATE = NativeFunction.libc("memfd_create");

  private final String path;
  private final ToLongFunction<String> symbols;

  private SharedLibrary(String path, ToLongFunction<String> symbols) {
    this.path = path;
    this.symbols = symbols;
  }

  /** Returns the C library that the JVM itself is linked with. */
  static SharedLibrary libc() {
    return new SharedLibrary(
        "the C library",
        name ->
            Linker.nativeLinker()
                .defaultLookup()
                .find(name)
                .map(NativeFunction::address)
                .orElse(0L));
  }

  /**
   * Loads a file, or a name that is looked up as the system does.
   *
   * @throws UnsatisfiedLinkError with the dynamic linker's message
   */
  public static SharedLibrary open(String path) {
    // Calls dlerror now, so that it is looked up already: a look-up after a failure would clear the
    // error.
    DLERROR.asLong();
    try (Arena arena = Arena.ofConfined()) {
      long handle = DLOPEN.asLong(address(arena.allocateFrom(path)), RTLD_NOW);
      if (handle == 0) {
        throw new UnsatisfiedLinkError(NativeFunction.string(DLERROR.asLong()));
      }
      return new SharedLibrary(path, name -> symbol(handle, name));
    }
  }

  private static long symbol(long handle, String name) {
    try (Arena arena = Arena.ofConfined()) {
      return DLSYM.asLong(handle, address(arena.allocateFrom(name)));
    }
  }

  /**
   * Loads a library from bytes: through a file in memory, because /tmp may be full or noexec, or,
   * where that is impossible, through a temporary file that is deleted afterwards. A file
   * descriptor stays open, so that uprobes can open the library by its path again.
   *
   * @throws UnsatisfiedLinkError when neither works; the message has both reasons
   */
  public static SharedLibrary open(String name, byte[] library) {
    return open(name, library, DESCRIPTORS);
  }

  /**
   * @param descriptors the folder in which this process's file descriptors appear as files
   */
  static SharedLibrary open(String name, byte[] library, String descriptors) {
    try {
      return openMemory(name, library, descriptors);
    } catch (IOException | UnsatisfiedLinkError inMemory) {
      try {
        return openTemporary(name, library);
      } catch (IOException | UnsatisfiedLinkError e) {
        throw new UnsatisfiedLinkError(inMemory.getMessage() + "; " + e.getMessage());
      }
    }
  }

  private static SharedLibrary openMemory(String name, byte[] library, String descriptors)
      throws IOException {
    int fd;
    try (Arena arena = Arena.ofConfined()) {
      fd = MEMFD_CREATE.intOrErrno(address(arena.allocateFrom(name)), MFD_CLOEXEC);
    }
    if (fd < 0) {
      throw new IOException("make a file in memory: " + Errno.name(-fd));
    }
    try {
      String path = descriptors + fd;
      try (FileOutputStream out = new FileOutputStream(path)) {
        out.write(library);
      }
      return open(path);
    } catch (IOException | RuntimeException | Error e) {
      Descriptors.close(fd);
      throw e;
    }
  }

  private static SharedLibrary openTemporary(String name, byte[] library) throws IOException {
    Path file = Files.createTempFile(name, null);
    try {
      Files.write(file, library);
      SharedLibrary loaded = open(file.toString());
      int fd = Descriptors.open(file.toString());
      return fd < 0 ? loaded : new SharedLibrary(DESCRIPTORS + fd, loaded.symbols);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /** Returns the path at which the dynamic linker and the kernel's uprobes can open the library. */
  public String path() {
    return path;
  }

  /** Returns the address of a function or a variable; 0 when the library has none of this name. */
  public long find(String name) {
    return symbols.applyAsLong(name);
  }
}
