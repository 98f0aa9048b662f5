// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM before the exporter serves. */
@ProductTest
class StopIT {
  /** Attaching that many takes longer than a signal. */
  private static final int CONFIGS = 50;

  @TempDir Path dir;

  private Process start(String... flags) throws IOException {
    byte[] object = Product.testObject("two-programs");
    for (int i = 0; i < CONFIGS; i++) {
      String name = "%02d".formatted(i);
      Files.writeString(
          dir.resolve(name + ".yaml"),
          "metrics: {counters: [{name: switches_total, help: h}]}\nunknown: 1\n");
      Files.write(dir.resolve(name + ".bpf.o"), object);
    }
    List<String> all = new ArrayList<>(List.of(flags));
    all.add("--config.dir=" + dir);
    return ExporterProcess.process(Map.of(), all.toArray(String[]::new)).start();
  }

  /** Waits for the warnings about the configs' files, which come before the first is attached. */
  private static List<String> stopOnceRead(Process exporter) throws Exception {
    List<String> log = new ArrayList<>();
    try (BufferedReader lines = exporter.errorReader(UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        log.add(line);
        if (log.size() == 1) {
          exporter.toHandle().destroy();
        }
      }
    }
    exporter.waitFor();
    return log;
  }

  @Test
  void isAsCleanAsLater() throws Exception {
    Process exporter = start();
    List<String> log = stopOnceRead(exporter);
    assertThat(exporter.exitValue()).as(String.join("\n", log)).isZero();
    // The start may say something more until the process has ended.
    assertThat(log).anyMatch(line -> line.endsWith(" INFO stopped"));
    assertThat(log).noneMatch(line -> line.contains("Exception"));
  }

  /** Otherwise, it would look as if all were well. */
  @Test
  void aCheckThatIsCutShortFails() throws Exception {
    Process exporter = start("--config.check");
    List<String> log = stopOnceRead(exporter);
    assertThat(exporter.exitValue()).as(String.join("\n", log)).isNotZero();
  }
}
