// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import io.ebpfagent.linux.SharedLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The shared library libbpf, found in this order: the path in the system property {@code
 * ebpfagent.libbpf} or the variable {@code EBPF_AGENT_LIBBPF}, the copy in the jar, the system's
 * {@code libbpf.so.1}. It stays loaded for the life of the JVM.
 */
public final class NativeLibrary {
  private static final int OLDEST_MAJOR = 1;
  private static final int OLDEST_MINOR = 4;

  private static @Nullable SharedLibrary loaded;
  private static @Nullable String failure;

  private NativeLibrary() {}

  /**
   * The library, loaded on first use.
   *
   * @throws UnsatisfiedLinkError when no usable libbpf is found; says where was looked and why not,
   *     the same every time
   */
  public static synchronized SharedLibrary get() {
    if (loaded == null && failure == null) {
      try {
        loaded = load();
      } catch (UnsatisfiedLinkError e) {
        failure = String.valueOf(e.getMessage());
      }
    }
    if (loaded == null) {
      throw new UnsatisfiedLinkError(failure);
    }
    return loaded;
  }

  private static SharedLibrary load() {
    String given = System.getProperty("ebpfagent.libbpf", System.getenv("EBPF_AGENT_LIBBPF"));
    if (given != null && !given.isEmpty()) {
      try {
        return open(given);
      } catch (UnsatisfiedLinkError e) {
        // Someone who names a library wants that one or an error, not another.
        throw unusable(String.valueOf(e.getMessage()));
      }
    }
    String bundled;
    try {
      return bundled();
    } catch (UnsatisfiedLinkError e) {
      bundled = String.valueOf(e.getMessage());
    }
    try {
      return open("libbpf.so.1");
    } catch (UnsatisfiedLinkError e) {
      throw unusable(bundled + "; " + e.getMessage());
    }
  }

  private static UnsatisfiedLinkError unusable(String reasons) {
    return new UnsatisfiedLinkError(
        "no usable libbpf (version %d.%d or later): %s; install the package libbpf1 or name a file in EBPF_AGENT_LIBBPF"
            .formatted(OLDEST_MAJOR, OLDEST_MINOR, reasons));
  }

  private static SharedLibrary bundled() {
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    String resource = "native/linux-" + (arch.equals("amd64") ? "x86_64" : arch) + "/libbpf.so";
    try (InputStream in = NativeLibrary.class.getClassLoader().getResourceAsStream(resource)) {
      if (in == null) {
        throw new UnsatisfiedLinkError("this jar has no " + resource);
      }
      return checked(SharedLibrary.open("libbpf.so", in.readAllBytes()));
    } catch (IOException e) {
      throw new UnsatisfiedLinkError("the copy in the jar can't be read: " + e.getMessage());
    }
  }

  private static SharedLibrary open(String path) {
    return checked(SharedLibrary.open(path));
  }

  private static SharedLibrary checked(SharedLibrary library) {
    String version = version(library);
    if (!atLeastOldest(version)) {
      throw new UnsatisfiedLinkError(library.path() + " is version " + version);
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

  private static String version(SharedLibrary library) {
    try {
      MethodHandle function =
          Linker.nativeLinker()
              .downcallHandle(
                  library.function("libbpf_version_string"),
                  FunctionDescriptor.of(ValueLayout.ADDRESS));
      return Libbpf.string((MemorySegment) function.invokeExact());
    } catch (Throwable e) {
      return "unknown (" + e.getMessage() + ")";
    }
  }
}
