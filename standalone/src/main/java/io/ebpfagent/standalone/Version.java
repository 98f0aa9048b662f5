// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** Versions of the build and of the runtime. */
final class Version {
  private static final Properties BUILD = read();

  private static Properties read() {
    Properties build = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("build.properties")) {
      if (in != null) {
        build.load(in);
      }
    } catch (IOException e) {
      // A missing version is no reason not to run.
      return new Properties();
    }
    return build;
  }

  static String version() {
    return BUILD.getProperty("version", "unknown");
  }

  /** Returns the commit that was built. */
  static String revision() {
    return BUILD.getProperty("revision", "unknown");
  }

  /** Returns the text that {@code --version} prints. */
  static String text() {
    return """
        ebpf_exporter, version %s (revision %s)
          java: %s, %s
          platform: linux/%s
        """
        .formatted(
            version(),
            revision(),
            Runtime.version(),
            System.getProperty("java.vm.name"),
            System.getProperty("os.arch"));
  }
}
