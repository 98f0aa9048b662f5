// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.extension;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Decides, once, whether this JVM can do it, and loads the rest if so. The rest is of a newer Java,
 * and a class of it met by an older one would end the whole agent.
 */
public final class Gate {
  private static final int NEEDED = 25;
  private static final String PREFIX = "[ebpf-agent] ";

  /** Null where there is nothing behind the service providers. */
  private static final @Nullable Tracing TRACING = load();

  private Gate() {}

  static @Nullable Tracing tracing() {
    return TRACING;
  }

  private static @Nullable Tracing load() {
    try {
      if (!isEnabled()) {
        return null;
      }
      String problem = problem();
      if (problem != null) {
        print("no kernel spans: " + problem);
        return null;
      }
      return Class.forName("io.ebpfagent.tracing.KernelTracing", true, Gate.class.getClassLoader())
          .asSubclass(Tracing.class)
          .getDeclaredConstructor()
          .newInstance();
    } catch (Throwable e) {
      print("no kernel spans: " + e);
      return null;
    }
  }

  private static boolean isEnabled() {
    String property = System.getProperty("otel.ebpf.enabled");
    String value = property != null ? property : System.getenv("OTEL_EBPF_ENABLED");
    return value == null || !value.trim().equalsIgnoreCase("false");
  }

  private static @Nullable String problem() {
    String os = System.getProperty("os.name", "");
    if (!os.toLowerCase(Locale.ROOT).contains("linux")) {
      return "this is " + os + ", and they need Linux";
    }
    String arch = System.getProperty("os.arch", "");
    if (!arch.equals("amd64") && !arch.equals("aarch64")) {
      return "this is a machine of type " + arch + ", and they need amd64 or aarch64";
    }
    String version = System.getProperty("java.specification.version", "");
    int major = version.startsWith("1.") ? 0 : Integer.parseInt(version);
    if (major < NEEDED) {
      return "this is Java " + version + ", and they need Java " + NEEDED + " or later";
    }
    return null;
  }

  /**
   * Lines go where those of the javaagent do: no logging of the host's may be touched this early.
   */
  public static void print(String line) {
    System.err.println(PREFIX + line);
  }
}
