// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The exporter in a container with little memory, with labels that are always new. */
@ProductTest
class SmallContainerIT {
  private static final long CONTAINER_BYTES = 128L << 20;
  private static final int SCRAPES = 300;

  private static final String NEW_LABELS =
      """
      metrics:
        counters:
          - name: requests_total
            help: Requests, each with labels of its own
            labels:
              - {name: number, size: 8, decoders: [{name: uint}]}
              - {name: request, size: 16, decoders: [{name: string}, {name: regexp, regexps: ['^req-(.*)$']}]}
      """;

  @TempDir Path dir;

  private static ProcessBuilder in(MemoryCgroup container, List<String> flags) {
    ProcessBuilder exporter = Product.process(Map.of(), flags);
    List<String> enter = List.of("sh", "-c", container.enter() + " && exec \"$@\"", "sh");
    List<String> command = Stream.concat(enter.stream(), exporter.command().stream()).toList();
    return exporter.command(command);
  }

  @Test
  void answersEveryScrape() throws Exception {
    Files.writeString(dir.resolve("requests.yaml"), NEW_LABELS);
    Files.write(dir.resolve("requests.bpf.o"), Product.testObject("new-labels"));
    try (MemoryCgroup container =
            MemoryCgroup.make("ebpf-small-" + ProcessHandle.current().pid(), CONTAINER_BYTES);
        ExporterProcess exporter =
            ExporterProcess.start(
                in(
                    container,
                    List.of(
                        "--web.listen-address=127.0.0.1:0",
                        "--config.dir=" + dir,
                        "--config.names=requests")))) {
      for (int i = 0; i < SCRAPES; i++) {
        assertThat(new ProcessBuilder("true").start().waitFor()).isZero();
        assertThat(exporter.get("/metrics")).contains("ebpf_exporter_requests_total{number=");
      }
      // The heap is sized by the container's memory, not by the machine's.
      assertThat(exporter.scrape().sum("jvm_memory_max_bytes", Map.of("area", "heap")))
          .isBetween(CONTAINER_BYTES / 8.0, CONTAINER_BYTES / 2.0);
      assertThat(container.kills()).isZero();
      exporter.stop();
    }
  }
}
