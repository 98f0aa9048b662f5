// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.ChildJvm;
import io.ebpfagent.KernelTest;
import io.ebpfagent.log.Log;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel says of a process, held against what the system says of it. */
@Timeout(60)
final class HostProcessTest {
  private static final Path CGROUP_FILES = Path.of("/sys/fs/cgroup");

  /** A JVM that says what it is, and stays until its input ends. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws Exception {
      HostProcess host = HostProcess.current(Log.NONE);
      System.out.println(host.pid() + " " + host.tgid() + " " + host.memoryCgroup());
      System.out.println(host.cpuCgroups());
      assertThat(System.in.read()).isEqualTo(-1);
    }
  }

  @Test
  @KernelTest
  void isWhatTheSystemSays() throws Exception {
    HostProcess host = HostProcess.current(Log.NONE);
    assertThat(host.pid()).isEqualTo((int) ProcessHandle.current().pid());
    // The test may run in a pid namespace: then the last number is the one that it knows.
    assertThat(String.valueOf(host.pid())).isEqualTo(nsPids(Path.of("/proc/self")).getLast());
    assertThat(host.cgroup()).isPositive();
    assertThat(host.libjvm())
        .hasValueSatisfying(libjvm -> assertThat(libjvm.path()).exists().hasFileName("libjvm.so"));
  }

  private static List<String> nsPids(Path process) throws IOException {
    return Files.readAllLines(process.resolve("status")).stream()
        .filter(line -> line.startsWith("NSpid:"))
        .flatMap(line -> List.of(line.substring("NSpid:".length()).strip().split("\\s+")).stream())
        .toList();
  }

  @Test
  @KernelTest
  void knowsItsNumberOutsideItsPidNamespace() throws Exception {
    List<String> prefix = List.of("unshare", "--pid", "--fork", "--mount-proc");
    Process process = ChildJvm.start(prefix, List.of("-XX:+UseSerialGC"), Child.class);
    try {
      BufferedReader output =
          new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
      String[] numbers = String.valueOf(output.readLine()).split(" ", -1);
      assertThat(numbers).as(String.join(" ", numbers)).hasSize(3);
      assertThat(numbers[0]).isEqualTo("1");
      Path child = Path.of("/proc", numbers[1]);
      assertThat(nsPids(child)).endsWith("1").hasSizeGreaterThan(1);
      assertThat(Files.readString(child.resolve("cmdline"))).contains(Child.class.getName());
      process.getOutputStream().close();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
  }

  private static long inode(Path file) throws IOException {
    return (long) Files.getAttribute(file, "unix:ino");
  }

  private static Path folder(String controller, String name) throws IOException {
    Path mount = CGROUP_FILES.resolve(controller);
    Path parent = Files.isDirectory(mount) ? mount : CGROUP_FILES;
    return Files.createDirectories(parent.resolve(name));
  }

  @Test
  @KernelTest
  void knowsWhatLimitsIt() throws Exception {
    String name = "ebpf-host-" + ProcessHandle.current().pid();
    Path memory = folder("memory", name);
    Path cpu = folder("cpu", name);
    Files.createDirectories(cpu.resolve("below"));
    try {
      String script =
          "echo 0 > %s/cgroup.procs; echo 0 > %s/below/cgroup.procs; exec \"$0\" \"$@\""
              .formatted(memory, cpu);
      Process process =
          ChildJvm.start(List.of("sh", "-c", script), List.of("-XX:+UseSerialGC"), Child.class);
      process.getOutputStream().close();
      List<String> lines =
          new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();
      assertThat(process.waitFor()).as(String.join("\n", lines)).isZero();
      assertThat(lines.getFirst()).endsWith(" " + inode(memory));
      assertThat(lines.getLast())
          .startsWith("[%d, %d".formatted(inode(cpu.resolve("below")), inode(cpu)));
    } finally {
      Files.deleteIfExists(cpu.resolve("below"));
      Files.deleteIfExists(cpu);
      Files.deleteIfExists(memory);
    }
  }

  @Test
  void findsTheFileThatIsExecuted() {
    Path self = Path.of("/proc/self");
    List<String> maps =
        List.of(
            "7f10-7f20 r--p 00000000 fe:00 1234                       /opt/a b/libjvm.so",
            "7f20-7f30 r-xp 00010000 fe:00 1234                       /opt/a b/libjvm.so",
            "7f30-7f40 rw-p 00000000 00:00 0 ");
    assertThat(Libjvm.find(maps, self)).contains(Path.of("/opt/a b/libjvm.so"));
    assertThat(Libjvm.find(List.of(maps.get(1) + " (deleted)"), self))
        .contains(Path.of("/proc/self/map_files/7f20-7f30"));
    assertThat(Libjvm.find(List.of(maps.get(0), maps.get(2)), self)).isEmpty();
  }

  @Test
  void tellsALibraryWithoutProbes(@TempDir Path dir) throws Exception {
    Path libjvm = Libjvm.current(Log.NONE).map(Libjvm::path).orElseThrow();
    Path stripped = dir.resolve("libjvm.so");
    byte[] bytes = Files.readAllBytes(libjvm);
    String text = new String(bytes, ISO_8859_1);
    int name = text.lastIndexOf(".note.stapsdt");
    assertThat(Libjvm.at(libjvm).hasProbes()).isEqualTo(name >= 0);
    if (name >= 0) {
      bytes[name + 1] = 'x';
      Files.write(stripped, bytes);
      assertThat(Libjvm.at(stripped).hasProbes()).isFalse();
    }
    Files.writeString(stripped, "#!/bin/sh\n".repeat(10));
    assertThat(Libjvm.at(stripped).hasProbes()).isFalse();
    Files.writeString(stripped, "\177ELF\002");
    assertThatThrownBy(() -> Libjvm.at(stripped)).isInstanceOf(IOException.class);
  }
}
