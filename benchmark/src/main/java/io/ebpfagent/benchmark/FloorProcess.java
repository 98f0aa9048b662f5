// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

/** The C program, waiting for its next scrape. */
final class FloorProcess implements AutoCloseable {
  private final Process process;
  private final OutputStream commands;
  private final BufferedReader answers;

  private FloorProcess(Process process) {
    this.process = process;
    this.commands = process.getOutputStream();
    this.answers = process.errorReader();
  }

  static FloorProcess start(Path floor, String map) throws IOException {
    return new FloorProcess(
        new ProcessBuilder(floor.toString(), "read", map)
            .redirectOutput(new File("/dev/null"))
            .start());
  }

  ScrapeBenchmark.Cost scrape() throws IOException {
    commands.write('\n');
    commands.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new IOException("the C program ended");
    }
    String[] nanos = answer.split(" ", 2);
    return new ScrapeBenchmark.Cost(Long.parseLong(nanos[0]) / 1e6, Long.parseLong(nanos[1]) / 1e6);
  }

  @Override
  public void close() throws IOException {
    commands.close();
    process.onExit().join();
  }
}
