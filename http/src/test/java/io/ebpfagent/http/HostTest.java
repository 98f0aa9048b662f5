// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server in a host's JVM leaves no trace there. */
final class HostTest {
  @TempDir Path dir;

  @Test
  void nothingOfTheWholeJvmIsTouched() throws Exception {
    Path classes = dir.resolve("classes");
    Process host =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-Xlog:class+load:file=" + classes,
                "-Djava.util.logging.manager=absent.LogManager",
                "-cp",
                System.getProperty("java.class.path"),
                Host.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(host.getInputStream().readAllBytes(), UTF_8);
    assertThat(output).isEqualTo("answered\n");
    assertThat(host.waitFor()).isZero();
    List<String> loaded = Files.readAllLines(classes);
    assertThat(loaded).anyMatch(line -> line.contains("org.eclipse.jetty.server.Server "));
    assertThat(loaded)
        .noneMatch(line -> line.contains(" java.util.logging."))
        .noneMatch(line -> line.contains(" javax.management."))
        .noneMatch(line -> line.contains(" java.lang.System$Logger "));
  }

  /** The host's main class. */
  static final class Host {
    private Host() {}

    public static void main(String[] args) throws Exception {
      Thread.currentThread().setContextClassLoader(new Watched());
      Properties before = (Properties) System.getProperties().clone();
      try (TestServer server = new TestServer(Limits.of(2))) {
        if (server.get("/small").startsWith("HTTP/1.1 200 ")
            && server.get("/broken").startsWith("HTTP/1.1 500 ")) {
          System.out.println("answered");
        }
        Thread.getAllStackTraces().keySet().forEach(Host::check);
      }
      Set<Object> changed = new HashSet<>(System.getProperties().entrySet());
      changed.removeAll(before.entrySet());
      // The JDK caches the detected time zone in this property.
      changed.remove(Map.entry("user.timezone", System.getProperty("user.timezone", "")));
      if (!changed.isEmpty()) {
        throw new IllegalStateException(changed.toString());
      }
    }

    /** The host's class loader; the test checks that it is not used. */
    private static final class Watched extends ClassLoader {
      @Override
      protected Class<?> loadClass(String name, boolean resolve) {
        throw new IllegalStateException(name);
      }

      @Override
      public Enumeration<URL> getResources(String name) {
        throw new IllegalStateException(name);
      }
    }

    private static void check(Thread thread) {
      if (thread.getName().startsWith("ebpf-http-")
          && thread.isDaemon()
          && thread.getContextClassLoader() == null) {
        return;
      }
      if (thread.getName().contains("http") || thread.getName().contains("jetty")) {
        throw new IllegalStateException(thread.toString());
      }
    }
  }
}
