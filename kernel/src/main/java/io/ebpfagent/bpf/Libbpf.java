// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import io.ebpfagent.linux.NativeFunction;
import io.ebpfagent.linux.SharedLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The shared library libbpf. It is searched in this order: the path in the system property {@code
 * ebpfagent.libbpf} or the variable {@code EBPF_AGENT_LIBBPF}, the copy in the jar, the system's
 * {@code libbpf.so.1}. It stays loaded for the life of the JVM.
 */
public final class Libbpf {
  private static final int OLDEST_MAJOR = 1;
  private static final int OLDEST_MINOR = 4;

  static final String VERSION_FUNCTION = "libbpf_version_string";

  private static @Nullable SharedLibrary loaded;
  private static @Nullable String failure;

  private Libbpf() {}

  /** Returns a function of libbpf; the library is loaded on the first call of any function. */
  static NativeFunction function(String name) {
    return new NativeFunction(Libbpf::library, name);
  }

  /**
   * Returns the library, and loads it on first use.
   *
   * @throws UnsatisfiedLinkError when no usable libbpf is found; the message lists the places and
   *     the reasons, and is the same every time
   */
  public static synchronized SharedLibrary library() {
    if (loaded == null && failure == null) {
      try {
        loaded = find(System.getProperty("ebpfagent.libbpf", System.getenv("EBPF_AGENT_LIBBPF")));
      } catch (UnsatisfiedLinkError e) {
        failure = String.valueOf(e.getMessage());
      }
    }
    if (loaded == null) {
      throw new UnsatisfiedLinkError(failure);
    }
    return loaded;
  }

  /** Loads the library and what its messages need. */
  public static void prepare() {
    LibbpfLog.install();
  }

  /**
   * @param given the path or name that the user gave; null or empty for none
   */
  static SharedLibrary find(@Nullable String given) {
    if (given != null && !given.isEmpty()) {
      try {
        return checked(SharedLibrary.open(given));
      } catch (UnsatisfiedLinkError e) {
        // A user who names a library wants that one or an error, not another library.
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
      return checked(SharedLibrary.open("libbpf.so.1"));
    } catch (UnsatisfiedLinkError e) {
      throw unusable(bundled + "; " + e.getMessage());
    }
  }

  private static UnsatisfiedLinkError unusable(String reasons) {
    return new UnsatisfiedLinkError(
        "no usable libbpf (version %s.%s or later): %s; install the package libbpf1 or name a file in EBPF_AGENT_LIBBPF"
            .formatted(OLDEST_MAJOR, OLDEST_MINOR, reasons));
  }

  private static SharedLibrary bundled() {
    String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    String resource = "/native/linux-" + (arch.equals("amd64") ? "x86_64" : arch) + "/libbpf.so";
    try (InputStream in = Libbpf.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new UnsatisfiedLinkError("this jar has no " + resource.substring(1));
      }
      return checked(SharedLibrary.open("libbpf.so", in.readAllBytes()));
    } catch (IOException e) {
      throw new UnsatisfiedLinkError("the copy in the jar can't be unpacked: " + e.getMessage());
    }
  }

  private static SharedLibrary checked(SharedLibrary library) {
    // const char *libbpf_version_string(void)
    String version =
        NativeFunction.string(new NativeFunction(() -> library, VERSION_FUNCTION).asLong());
    if (!atLeastOldest(version)) {
      throw new UnsatisfiedLinkError(library.path() + " is version " + version);
    }
    return library;
  }

  static boolean atLeastOldest(String version) {
    String[] parts = version.replaceFirst("^v", "").split("\\.", 3);
    try {
      int major = Integer.parseInt(parts[0]);
      int minor = Integer.parseInt(parts[1]);
      return major > OLDEST_MAJOR || (major == OLDEST_MAJOR && minor >= OLDEST_MINOR);
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      return false;
    }
  }
}
