// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A shared library, loaded for the life of the JVM.
 *
 * @param path the file as the dynamic linker and the kernel's uprobes can open it
 */
public record SharedLibrary(String path, SymbolLookup symbols) {
  /**
   * Loads a file, or a name that is looked up as the system does.
   *
   * @throws UnsatisfiedLinkError with what the dynamic linker says
   */
  public static SharedLibrary open(String path) {
    try {
      return new SharedLibrary(path, SymbolLookup.libraryLookup(path, Arena.global()));
    } catch (IllegalArgumentException e) {
      throw new UnsatisfiedLinkError(reason(path));
    }
  }

  /**
   * Loads a library that is no file: from memory, as /tmp may be full or noexec, or, where memory
   * can't be executed, from a temporary file that is gone afterwards.
   *
   * @throws UnsatisfiedLinkError when neither can be loaded, with both reasons
   */
  public static SharedLibrary open(String name, byte[] library) {
    String reason;
    int fd = Memfd.create(name, library);
    if (fd >= 0) {
      try {
        // The descriptor stays open: uprobes open the library by this path again.
        return open("/proc/self/fd/" + fd);
      } catch (UnsatisfiedLinkError e) {
        Libc.Descriptors.close(fd);
        reason = String.valueOf(e.getMessage());
      }
    } else {
      reason = "no file in memory can be made";
    }
    try {
      return openTemporary(name, library);
    } catch (IOException | UnsatisfiedLinkError e) {
      throw new UnsatisfiedLinkError(reason + "; " + e.getMessage());
    }
  }

  private static SharedLibrary openTemporary(String name, byte[] library) throws IOException {
    Path file = Files.createTempFile(name, null);
    try {
      Files.write(file, library);
      return open(file.toString());
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /**
   * Where a function begins.
   *
   * @throws UnsatisfiedLinkError when the library has none of this name
   */
  public MemorySegment function(String name) {
    return find(name)
        .orElseThrow(() -> new UnsatisfiedLinkError(path + " has no function " + name));
  }

  /** A function that this library may be without. */
  public Optional<MemorySegment> find(String name) {
    return symbols.find(name);
  }

  /** What the dynamic linker says; {@link SymbolLookup} keeps it to itself. */
  private static String reason(String path) {
    Linker linker = Linker.nativeLinker();
    try (Arena arena = Arena.ofConfined()) {
      // void *dlopen(const char *filename, int flags); char *dlerror(void)
      MethodHandle dlopen =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("dlopen"),
              FunctionDescriptor.of(
                  ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
      MethodHandle dlerror =
          linker.downcallHandle(
              linker.defaultLookup().findOrThrow("dlerror"),
              FunctionDescriptor.of(ValueLayout.ADDRESS));
      int now = 2; // RTLD_NOW
      MemorySegment handle = (MemorySegment) dlopen.invokeExact(arena.allocateFrom(path), now);
      MemorySegment error = (MemorySegment) dlerror.invokeExact();
      return handle.address() == 0
          ? error.reinterpret(Long.MAX_VALUE).getString(0)
          : path + " can't be loaded";
    } catch (Throwable e) {
      return path + " can't be loaded (" + e.getMessage() + ")";
    }
  }
}
