// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.config.Metric;
import io.ebpfagent.decode.Bytes;
import io.ebpfagent.decode.Decimal;
import io.ebpfagent.decode.DecodeException;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.decode.LabelRow;
import io.ebpfagent.decode.RowDecoder;
import io.ebpfagent.rows.RowCursor;
import io.ebpfagent.rows.RowReadException;
import io.ebpfagent.rows.RowShape;
import io.ebpfagent.rows.RowSource;
import java.io.IOException;
import java.io.OutputStream;
import java.util.HexFormat;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One metric of one config: reads its map, decodes the rows, and passes the samples to a sink. */
final class MetricSource implements SampleSource {
  private final Metric metric;
  private final RowSource rows;
  private final RowDecoder decoder;
  private final boolean cpuLabel;

  /** Index of the label that is the bucket; -1 for a counter. */
  private final int bucket;

  /** Indexes of the labels that identify a series: all but a histogram's bucket. */
  private final int[] shown;

  private final LabelNames names;
  private final @Nullable Buckets buckets;
  private final ConfigStats stats;

  MetricSource(Metric metric, RowSource rows, Decoders decoders, ConfigStats stats) {
    this.metric = metric;
    this.rows = rows;
    this.decoder = decoders.row(metric.labels());
    boolean perCpu = rows.shape().perCpu();
    this.cpuLabel = metric.hasCpuLabel(perCpu);
    this.bucket = metric.bucketIndex(perCpu);
    this.buckets = metric instanceof Metric.Histogram histogram ? new Buckets(histogram) : null;
    this.shown = IntStream.range(0, metric.labels().size()).filter(i -> i != bucket).toArray();
    this.names = LabelNames.of(decoder, shown);
    this.stats = stats;
  }

  @Override
  public Metric metric() {
    return metric;
  }

  @Override
  public void close() {
    decoder.close();
  }

  @Override
  public LabelNames names() {
    return names;
  }

  /** Reads the map once. Failures of rows and of the map are counted and don't end the scrape. */
  @Override
  public void read(SampleSink sink) throws IOException {
    sink.labels(names);
    try {
      if (buckets == null) {
        readCounter(sink);
      } else {
        readHistogram(buckets, sink);
      }
    } catch (RowReadException e) {
      stats.readFailed(metric.name(), e);
    } finally {
      decoder.scrapeEnded();
    }
  }

  @FunctionalInterface
  private interface Row {
    void accept(LabelRow labels, long value) throws IOException;
  }

  private void readCounter(SampleSink sink) throws IOException, RowReadException {
    if (everyRowIsASeries()) {
      readRows(sink::sample);
      return;
    }
    SeriesTable series = new SeriesTable(names.size(), 1);
    try {
      readRows((labels, value) -> series.add(labels, 0, value));
    } finally {
      series.writeTo(sink);
    }
  }

  /**
   * Whether no two rows can have the same labels, because the labels cover the whole key and
   * different keys give different labels.
   */
  private boolean everyRowIsASeries() {
    int decoded = cpuLabel ? decoder.keySize() - CpuLabel.BYTES : decoder.keySize();
    return decoder.injective() && decoded == rows.shape().keySize();
  }

  private void readHistogram(Buckets buckets, SampleSink sink)
      throws IOException, RowReadException {
    int stride = buckets.size() + 1;
    SeriesTable series = new SeriesTable(names.size(), stride);
    LabelRow shownRow = new LabelRow(names.size());
    readRows(
        (labels, value) -> {
          long key =
              Decimal.bounded(labels.bytes().array(), labels.start(bucket), labels.end(bucket));
          if (key < 0) {
            stats.rowFailed(
                metric.name(), "a bucket must be a number, this is " + labels.value(bucket));
            return;
          }
          int slot = buckets.slot(key);
          if (slot >= 0) {
            series.add(cpuLabel ? shown(labels, shownRow) : labels, slot, value);
          }
        });
    LabelRow row = new LabelRow(names.size());
    for (int i = 0; i < series.size(); i++) {
      series.labels(i, row);
      if (!Buckets.fitTogether(series.values(), i * stride, buckets.size())) {
        stats.countsCut(metric.name(), names.text(row));
      }
      long sum = series.values()[i * stride + buckets.size()];
      sink.histogram(row, buckets, series.values(), i * stride, buckets.sum(sum));
    }
  }

  /** Copies a row without the bucket, which is before the CPU. */
  private LabelRow shown(LabelRow labels, LabelRow to) {
    to.clear();
    for (int label : shown) {
      to.append(labels, label);
    }
    return to;
  }

  private void readRows(Row sink) throws IOException, RowReadException {
    LabelRow labels = new LabelRow(metric.labels().size());
    RowShape shape = rows.shape();
    long count = 0;
    try (RowCursor cursor = rows.open()) {
      int keySize = shape.keySize();
      int cpus = shape.cpus();
      byte[] cpuKey = new byte[decoder.keySize()];
      while (cursor.next()) {
        byte[] keys = cursor.keys();
        long[] values = cursor.values();
        int chunk = cursor.rows();
        count += chunk;
        for (int i = 0; i < chunk; i++) {
          if (cpuLabel) {
            System.arraycopy(keys, i * keySize, cpuKey, 0, cpuKey.length - CpuLabel.BYTES);
            readCpus(cpuKey, values, i * cpus, labels, sink);
          } else if (decode(keys, i * keySize, labels)) {
            sink.accept(labels, sum(values, i * cpus, cpus));
          }
        }
      }
    }
    stats.rowsRead(shape, count);
  }

  /**
   * Passes each CPU's value on as a separate series: the CPU's number follows the key's bytes,
   * where the label cpu reads it.
   */
  private void readCpus(byte[] cpuKey, long[] values, int from, LabelRow labels, Row sink)
      throws IOException {
    for (int cpu = 0; cpu < rows.shape().cpus(); cpu++) {
      CpuLabel.put(cpuKey, cpuKey.length - CpuLabel.BYTES, cpu);
      if (decode(cpuKey, 0, labels)) {
        sink.accept(labels, values[from + cpu]);
      }
    }
  }

  private static long sum(long[] values, int from, int count) {
    long sum = 0;
    for (int i = from; i < from + count; i++) {
      sum += values[i];
    }
    return sum;
  }

  private boolean decode(byte[] key, int offset, LabelRow labels) {
    try {
      return decoder.decode(key, offset, labels);
    } catch (DecodeException e) {
      stats.rowFailed(metric.name(), e.getMessage());
    } catch (RuntimeException e) {
      // Whatever bytes a row has, only that row is lost.
      stats.rowFailed(metric.name(), e.toString());
    }
    return false;
  }

  /**
   * Writes the map's rows as text: raw key in hex, label values, value. Skipped rows are marked.
   */
  @Override
  public void writeRows(OutputStream out, Bytes text) throws IOException {
    LabelRow labels = new LabelRow(metric.labels().size());
    RowShape shape = rows.shape();
    try (RowCursor cursor = rows.open()) {
      byte[] key = new byte[Math.max(shape.keySize(), decoder.keySize())];
      while (cursor.next()) {
        for (int i = 0; i < cursor.rows(); i++) {
          System.arraycopy(cursor.keys(), i * shape.keySize(), key, 0, shape.keySize());
          String raw = HexFormat.of().formatHex(key, 0, shape.keySize());
          int from = i * shape.cpus();
          if (cpuLabel) {
            for (int cpu = 0; cpu < shape.cpus(); cpu++) {
              CpuLabel.put(key, decoder.keySize() - CpuLabel.BYTES, cpu);
              appendRow(text, raw, key, labels, cursor.values()[from + cpu]);
            }
          } else {
            appendRow(text, raw, key, labels, sum(cursor.values(), from, shape.cpus()));
          }
        }
        out.write(text.array(), 0, text.length());
        text.clear();
      }
    } catch (RowReadException e) {
      text.append(e.getMessage() + "\n");
    }
  }

  private void appendRow(Bytes text, String raw, byte[] key, LabelRow labels, long value) {
    String decoded;
    try {
      decoded = decoder.decode(key, 0, labels) ? labels.toString() : "skipped";
    } catch (DecodeException e) {
      decoded = "error: " + e.getMessage();
    } catch (RuntimeException e) {
      decoded = "error: " + e;
    }
    text.append(
        raw + " " + decoded.replace("\n", "\\n") + " -> " + Long.toUnsignedString(value) + "\n");
  }
}
