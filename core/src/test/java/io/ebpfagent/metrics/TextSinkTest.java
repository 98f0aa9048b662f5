// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.config.Metric.BucketType;
import io.ebpfagent.config.Metric.Histogram;
import io.ebpfagent.decode.LabelRow;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TextSinkTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  private static LabelRow row(String... values) {
    LabelRow row = new LabelRow(values.length);
    for (String value : values) {
      row.bytes().append(value);
      row.endValue();
    }
    return row;
  }

  @FunctionalInterface
  private interface Writer {
    void write(TextSink sink) throws IOException;
  }

  private String text(TextFormat format, Writer writer) throws IOException {
    out.reset();
    TextSink sink = new TextSink(out, format, () -> {});
    writer.write(sink);
    sink.flush();
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void writesGaugesAlikeInBothFormats() throws IOException {
    Writer writer =
        sink -> {
          sink.family(new Family("g", "A gauge.", Family.Type.GAUGE));
          sink.labels(LabelNames.of());
          sink.sample(row(), 3);
          sink.labels(LabelNames.of("a", "b"));
          sink.sample(row("x", ""), 0.000001);
          sink.sample(row("y", "1"), -1L);
        };
    String text =
        """
        # HELP g A gauge.
        # TYPE g gauge
        g 3
        g{a="x",b=""} 1e-06
        g{a="y",b="1"} 18446744073709551615
        """;
    assertThat(text(TextFormat.PROMETHEUS, writer)).isEqualTo(text);
    assertThat(text(TextFormat.OPEN_METRICS, writer)).isEqualTo(text);
  }

  @Test
  void openMetricsDeclaresCountersWithoutTotal() throws IOException {
    Writer writer =
        sink -> {
          sink.family(new Family("c_total", "A counter.", Family.Type.COUNTER));
          sink.labels(LabelNames.of());
          sink.sample(row(), 3);
        };
    assertThat(text(TextFormat.PROMETHEUS, writer))
        .isEqualTo("# HELP c_total A counter.\n# TYPE c_total counter\nc_total 3\n");
    assertThat(text(TextFormat.OPEN_METRICS, writer))
        .isEqualTo("# HELP c A counter.\n# TYPE c counter\nc_total 3\n");
  }

  @Test
  void openMetricsDoesNotKnowCountersThatLackTotal() throws IOException {
    Writer writer =
        sink -> {
          sink.family(new Family("c_seconds", "A counter.", Family.Type.COUNTER));
          sink.labels(LabelNames.of());
          sink.sample(row(), 3);
        };
    assertThat(text(TextFormat.PROMETHEUS, writer))
        .isEqualTo("# HELP c_seconds A counter.\n# TYPE c_seconds counter\nc_seconds 3\n");
    assertThat(text(TextFormat.OPEN_METRICS, writer))
        .isEqualTo("# HELP c_seconds A counter.\n# TYPE c_seconds unknown\nc_seconds 3\n");
  }

  @Test
  void escapesHelpAsEachFormatWants() throws IOException {
    Writer writer =
        sink -> sink.family(new Family("g", "Of \"a\\b\",\nin lines — ünïcode", Family.Type.GAUGE));
    assertThat(text(TextFormat.PROMETHEUS, writer))
        .startsWith("# HELP g Of \"a\\\\b\",\\nin lines — ünïcode\n");
    assertThat(text(TextFormat.OPEN_METRICS, writer))
        .startsWith("# HELP g Of \\\"a\\\\b\\\",\\nin lines — ünïcode\n");
  }

  @Test
  void escapesLabelValues() throws IOException {
    assertThat(
            text(
                TextFormat.PROMETHEUS,
                sink -> {
                  sink.family(new Family("g", "A gauge.", Family.Type.GAUGE));
                  sink.labels(LabelNames.of("a", "b"));
                  sink.sample(row("\\ \" \n é", "\n\n"), 1);
                }))
        .endsWith("g{a=\"\\\\ \\\" \\n é\",b=\"\\n\\n\"} 1\n");
  }

  @Test
  void accumulatesAHistogramsBuckets() throws IOException {
    Buckets buckets =
        new Buckets(new Histogram("h", "h", List.of(), BucketType.LINEAR, 0, 2, 0.5, List.of()));
    long[] counts = {9, 9, 1, 0, 5, 9};
    assertThat(
            text(
                TextFormat.PROMETHEUS,
                sink -> {
                  sink.family(new Family("h", "A histogram.", Family.Type.HISTOGRAM));
                  sink.labels(LabelNames.of());
                  sink.histogram(row(), buckets, counts, 2, 1e6);
                  sink.labels(LabelNames.of("a"));
                  sink.histogram(row("\""), buckets, counts, 2, 4.5);
                }))
        .isEqualTo(
            """
            # HELP h A histogram.
            # TYPE h histogram
            h_bucket{le="0"} 1
            h_bucket{le="0.5"} 1
            h_bucket{le="1"} 6
            h_bucket{le="+Inf"} 6
            h_sum 1e+06
            h_count 6
            h_bucket{a="\\"",le="0"} 1
            h_bucket{a="\\"",le="0.5"} 1
            h_bucket{a="\\"",le="1"} 6
            h_bucket{a="\\"",le="+Inf"} 6
            h_sum{a="\\""} 4.5
            h_count{a="\\""} 6
            """);
  }

  @Test
  void sendsWhatIsWrittenInPieces() throws IOException {
    List<Integer> pieces = new ArrayList<>();
    OutputStream recorder =
        new OutputStream() {
          @Override
          public void write(int b) {
            throw new UnsupportedOperationException("one byte at a time is slow");
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            pieces.add(length);
            out.write(bytes, offset, length);
          }
        };
    TextSink sink = new TextSink(recorder, TextFormat.PROMETHEUS, () -> {});
    sink.family(new Family("g", "A gauge.", Family.Type.GAUGE));
    sink.labels(LabelNames.of("n"));
    for (int i = 0; i < 100_000; i++) {
      sink.sample(row(Integer.toString(i)), i);
    }
    sink.flush();
    assertThat(pieces).hasSizeGreaterThan(10).allMatch(length -> length < 128 * 1024);
    List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
    assertThat(lines).hasSize(100_002).endsWith("g{n=\"99999\"} 99999");
  }

  @Test
  void passesOnThatTheReaderIsGone() {
    OutputStream gone =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("broken pipe");
          }
        };
    TextSink sink = new TextSink(gone, TextFormat.PROMETHEUS, () -> {});
    sink.family(new Family("g", "A gauge.", Family.Type.GAUGE));
    assertThatThrownBy(sink::flush).isInstanceOf(IOException.class).hasMessage("broken pipe");
  }
}
