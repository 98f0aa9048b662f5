// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.cgroup.CgroupMount;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A cgroup for one test, below the root of version 2. */
final class Cgroup implements AutoCloseable {
  private final Path path;

  private Cgroup(Path path) {
    this.path = path;
  }

  static Cgroup make(String name) throws IOException {
    Path root = CgroupMount.find(CgroupMount.MOUNTINFO).orElseThrow();
    return new Cgroup(Files.createDirectories(root.resolve(name)));
  }

  /** Returns the path as metrics show it. */
  String path() {
    return path.toString();
  }

  long id() throws IOException {
    return (long) Files.getAttribute(path, "unix:ino");
  }

  void set(String file, String value) throws IOException {
    Files.writeString(path.resolve(file), value);
  }

  /** Returns a number from a file with lines like {@code oom_kill 1}. */
  long figure(String file, String name) throws IOException {
    return Files.readAllLines(path.resolve(file)).stream()
        .filter(line -> line.startsWith(name + " "))
        .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + name + " in " + path.resolve(file)));
  }

  /** Starts a shell command, in the cgroup from its first instruction on. */
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

  /** Removes the cgroup and those below it; they must have no processes any more. */
  @Override
  public void close() {
    try (Stream<Path> files = Files.walk(path)) {
      for (Path folder : files.filter(Files::isDirectory).toList().reversed()) {
        Files.delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
