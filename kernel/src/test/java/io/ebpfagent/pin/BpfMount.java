// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.pin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;

/** A BPF file system of a test's own. */
public final class BpfMount implements AutoCloseable {
  private final Path dir;

  public BpfMount(Path dir) throws IOException {
    this.dir = dir;
    run("mount", "-t", "bpf", "bpf", dir.toString());
  }

  @Override
  public void close() throws IOException {
    run("umount", dir.toString());
  }

  private static void run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.onExit().join().exitValue()).as(output).isZero();
  }
}
