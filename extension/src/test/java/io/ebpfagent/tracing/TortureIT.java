// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.tracing.OtlpReceiver.Received;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every context that a program finds is the one that the thread is in: of a hundred thousand and
 * more, whatever threads and contexts go through. The program is a user's own, and its config
 * beside it.
 */
@ExtensionTest
@Timeout(400)
class TortureIT {
  private static final int ROUNDS = 5;
  private static final int LEAST = 100_000;

  private static final String YAML =
      """
      tracing:
        spans:
          - ringbuf: counts_spans
            name: counts
            labels:
              - {name: trace_id, size: 16, decoders: [{name: hex}]}
              - {name: parent_span_id, size: 8, decoders: [{name: hex}]}
              - {name: span_id, size: 8, decoders: [{name: hex}]}
              - {name: span_monotonic_timestamp_ns, size: 8, decoders: [{name: uint}]}
              - {name: span_duration_ns, size: 8, decoders: [{name: uint}]}
              - {name: exact, size: 8, decoders: [{name: uint}]}
              - {name: none, size: 8, decoders: [{name: uint}]}
              - {name: wrong, size: 8, decoders: [{name: uint}]}
              - {name: missing, size: 8, decoders: [{name: uint}]}
              - {name: unexpected, size: 8, decoders: [{name: uint}]}
      """;

  @TempDir Path dir;

  /** The program that compares, and its config. */
  static void writeConfig(Path folder) throws IOException {
    Files.writeString(folder.resolve("context-truth.yaml"), YAML);
    Files.copy(
        Path.of(System.getProperty("ebpfagent.testObjects"), "context-truth.bpf.o"),
        folder.resolve("context-truth.bpf.o"));
  }

  private TracedApp start(OtlpReceiver receiver, String... options) throws Exception {
    writeConfig(dir);
    TracedApp app =
        TracedApp.builder()
            .to(receiver)
            .options(
                "-Dotel.ebpf.spans.kinds=none",
                "-Dotel.ebpf.config.dir=" + dir,
                "-Dotel.ebpf.configs=context-truth",
                "-Djdk.virtualThreadScheduler.parallelism=2",
                "-Djava.util.concurrent.ForkJoinPool.common.parallelism=2")
            .options(options)
            .start(TortureApp.class);
    app.awaitKernelSpans();
    app.await("ready"::equals);
    return app;
  }

  @ParameterizedTest
  @ValueSource(strings = {"-XX:TieredStopAtLevel=4", "-XX:TieredStopAtLevel=1"})
  void everyContextIsTheRightOne(String compilers) throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TracedApp app = start(receiver, compilers)) {
      for (int i = 1; i <= ROUNDS; i++) {
        app.say("round " + i);
        String round = "done round " + i;
        app.await(line -> line.startsWith(round));
        receiver.await(i, span -> span.name().equals("counts"));
      }
      Received counts = counts(receiver);
      assertThat(app.lines()).noneMatch(line -> line.startsWith("failed"));
      assertThat(number(counts, "exact") + number(counts, "none")).isGreaterThan(LEAST);
      assertThat(number(counts, "exact")).isGreaterThan(LEAST / 2);
      assertThat(List.of("wrong", "missing", "unexpected"))
          .allSatisfy(of -> assertThat(number(counts, of)).as(of).isZero());
      String last = app.await(line -> line.startsWith("done round " + ROUNDS));
      assertThat(last).doesNotEndWith("thread ids reused: 0");
      System.out.println(compilers + ": " + counts.attributes() + "; " + last);
    }
  }

  private static Received counts(OtlpReceiver receiver) {
    return receiver.spans(span -> span.name().equals("counts")).stream()
        .max((a, b) -> Long.compare(a.start(), b.start()))
        .orElseThrow();
  }

  private static long number(Received counts, String of) {
    return Long.parseLong(counts.attribute(of));
  }
}
