package io.ebpfagent.bpf;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The shared library libbpf, found in this order: the path in the system property {@code
 * ebpfagent.libbpf} or the variable {@code EBPF_AGENT_LIBBPF}, the copy in the jar, the system's
 * {@code libbpf.so.1}. It stays loaded for the life of the JVM.
 */
final class NativeLibrary {
  private static final int OLDEST_MAJOR = 1;
  private static final int OLDEST_MINOR = 4;

  private final String path;
  private final SymbolLookup symbols;

  private NativeLibrary(String path, SymbolLookup symbols) {
    this.path = path;
    this.symbols = symbols;
  }

  /**
   * The library, loaded on first use.
   *
   * @throws UnsatisfiedLinkError when no usable libbpf is found; says where was looked and why not
   */
  static NativeLibrary get() {
    return Holder.LIBRARY;
  }

  /** The file as the dynamic linker and the kernel's uprobes can open it. */
  String path() {
    return path;
  }

  MemorySegment function(String name) {
    return symbols
        .find(name)
        .orElseThrow(
            () -> new UnsatisfiedLinkError("libbpf at " + path + " has no function " + name));
  }

  /** A function that this library may be without. */
  Optional<MemorySegment> find(String name) {
    return symbols.find(name);
  }

  private static final class Holder {
    static final NativeLibrary LIBRARY = load();
  }

  private static NativeLibrary load() {
    List<String> failures = new ArrayList<>();
    String given = System.getProperty("ebpfagent.libbpf", System.getenv("EBPF_AGENT_LIBBPF"));
    if (given != null && !given.isEmpty()) {
      NativeLibrary library = open(given, failures);
      if (library != null) {
        return library;
      }
      // Someone who names a library wants that one or an error, not another.
      throw unusable(failures);
    }
    NativeLibrary library = bundled(failures);
    if (library == null) {
      library = open("libbpf.so.1", failures);
    }
    if (library == null) {
      throw unusable(failures);
    }
    return library;
  }

  private static UnsatisfiedLinkError unusable(List<String> failures) {
    return new UnsatisfiedLinkError(
        "no usable libbpf (version %d.%d or later): %s; install the package libbpf1 or name a file in EBPF_AGENT_LIBBPF"
            .formatted(OLDEST_MAJOR, OLDEST_MINOR, String.join("; ", failures)));
  }

  private static @Nullable NativeLibrary bundled(List<String> failures) {
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    String resource = "native/linux-" + (arch.equals("amd64") ? "x86_64" : arch) + "/libbpf.so";
    try (InputStream in = NativeLibrary.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        failures.add("this jar has no " + resource);
        return null;
      }
      byte[] library = in.readAllBytes();
      int memfd = Memfd.create("libbpf.so", library);
      if (memfd >= 0) {
        // The descriptor stays open: post-attach uprobes open the library by this path again.
        return open("/proc/self/fd/" + memfd, failures);
      }
      Path file = Files.createTempFile("libbpf", ".so");
      Files.write(file, library);
      file.toFile().deleteOnExit();
      return open(file.toString(), failures);
    } catch (IOException e) {
      failures.add("the copy in the jar can't be unpacked: " + e.getMessage());
      return null;
    }
  }

  private static @Nullable NativeLibrary open(String path, List<String> failures) {
    SymbolLookup symbols;
    try {
      symbols = SymbolLookup.libraryLookup(path, Arena.global());
    } catch (IllegalArgumentException e) {
      failures.add(reason(path));
      return null;
    }
    NativeLibrary library = new NativeLibrary(path, symbols);
    String version = library.version();
    if (!atLeastOldest(version)) {
      failures.add(path + " is version " + version);
      return null;
    }
    return library;
  }

  private static boolean atLeastOldest(String version) {
    String[] parts = version.replaceFirst("^v", "").split("\\.", 3);
    try {
      int major = Integer.parseInt(parts[0]);
      int minor = Integer.parseInt(parts[1]);
      return major > OLDEST_MAJOR || (major == OLDEST_MAJOR && minor >= OLDEST_MINOR);
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return false;
    }
  }

  private String version() {
    try {
      MethodHandle function =
          Linker.nativeLinker()
              .downcallHandle(
                  function("libbpf_version_string"), FunctionDescriptor.of(ValueLayout.ADDRESS));
      return Libbpf.string((MemorySegment) function.invokeExact());
    } catch (Throwable e) {
      return "unknown (" + e.getMessage() + ")";
    }
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
      return handle.address() == 0
          ? Libbpf.string((MemorySegment) dlerror.invokeExact())
          : path + " can't be loaded";
    } catch (Throwable e) {
      return path + " can't be loaded (" + e.getMessage() + ")";
    }
  }
}
