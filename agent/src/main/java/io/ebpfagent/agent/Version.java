// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** What was built. */
record Version(String version, String revision) {
  static Version read() {
    Properties build = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("build.properties")) {
      if (in != null) {
        build.load(in);
      }
    } catch (IOException e) {
      // A version that can't be read is no reason not to run.
      build.clear();
    }
    return new Version(
        build.getProperty("version", "unknown"), build.getProperty("revision", "unknown"));
  }
}
