package io.ebpfagent.standalone;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** What was built, and what runs it. */
final class Version implements IVersionProvider {
  private static final Properties BUILD = read();

  private static Properties read() {
    Properties build = new Properties();
    try (InputStream in = Version.class.getResourceAsStream("build.properties")) {
      if (in != null) {
        build.load(in);
      }
    } catch (IOException e) {
      // A version that can't be read is no reason not to run.
      return new Properties();
    }
    return build;
  }

  static String version() {
    return BUILD.getProperty("version", "unknown");
  }

  /** The commit that was built. */
  static String revision() {
    return BUILD.getProperty("revision", "unknown");
  }

  @Override
  public String[] getVersion() {
    return new String[] {
      "ebpf_exporter, version %s (revision %s)".formatted(version(), revision()),
      "  java: %s, %s".formatted(Runtime.version(), System.getProperty("java.vm.name")),
      "  platform: linux/" + System.getProperty("os.arch")
    };
  }
}
