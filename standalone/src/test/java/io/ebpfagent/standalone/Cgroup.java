package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A cgroup of a test's own, below the root. */
final class Cgroup implements AutoCloseable {
  private static final Path ROOT = Path.of("/sys/fs/cgroup");

  private final Path path;

  private Cgroup(Path path) {
    this.path = path;
  }

  static Cgroup make(String name) throws IOException {
    return new Cgroup(Files.createDirectories(ROOT.resolve(name)));
  }

  /** As metrics show it. */
  String path() {
    return path.toString();
  }

  long id() throws IOException {
    return (long) Files.getAttribute(path, "unix:ino");
  }

  void set(String file, String value) throws IOException {
    Files.writeString(path.resolve(file), value);
  }

  /** A number of a file of lines like {@code oom_kill 1}. */
  long figure(String file, String name) throws IOException {
    return Files.readAllLines(path.resolve(file)).stream()
        .filter(line -> line.startsWith(name + " "))
        .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name + " in " + path.resolve(file)));
  }

  /** A shell's command, in the cgroup from its first instruction on. */
  Process start(String command) throws IOException {
    return new ProcessBuilder("sh", "-c", "echo $$ >" + path + "/cgroup.procs && " + command)
        .redirectErrorStream(true)
        .start();
  }

  /** Runs a command that the kernel must kill. */
  void startAndSeeKilled(String command) throws IOException, InterruptedException {
    Process process = start(command);
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(output).isEqualTo(128 + 9);
  }

  /** What must have no processes any more. */
  @Override
  public void close() {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
