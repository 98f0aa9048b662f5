package io.ebpfagent.metrics;

import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.attach.CpuLabel;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.MapCursor;
import io.ebpfagent.config.Metric;
import io.ebpfagent.decode.Bytes;
import io.ebpfagent.decode.DecodeException;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.decode.LabelRow;
import io.ebpfagent.decode.RowDecoder;
import java.io.IOException;
import java.io.OutputStream;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** One metric of one config: reads its map, decodes the rows, and gives the samples to a sink. */
final class MetricSource implements SampleSource {
  private final Metric metric;
  private final BpfMap map;
  private final RowDecoder decoder;
  private final boolean cpuLabel;
  private final LabelNames names;
  private final @Nullable Buckets buckets;
  private final ConfigStats stats;

  MetricSource(AttachedConfig config, Metric metric, Decoders decoders, ConfigStats stats) {
    this.metric = metric;
    this.map = config.map(metric.name());
    this.decoder = decoders.row(metric.labels());
    this.cpuLabel = CpuLabel.of(metric.labels(), map);
    this.names = names(metric, decoder);
    this.buckets = metric instanceof Metric.Histogram histogram ? new Buckets(histogram) : null;
    this.stats = stats;
  }

  private static LabelNames names(Metric metric, RowDecoder decoder) {
    // A histogram's last label is the bucket, which becomes le.
    int shown = metric.labels().size() - (metric instanceof Metric.Histogram ? 1 : 0);
    return LabelNames.of(decoder, shown);
  }

  @Override
  public Metric metric() {
    return metric;
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
    } catch (BpfException e) {
      stats.readFailed(e);
    } finally {
      decoder.scrapeEnded();
    }
  }

  @FunctionalInterface
  private interface Row {
    void accept(LabelRow labels, long value) throws IOException;
  }

  private void readCounter(SampleSink sink) throws IOException, BpfException {
    if (everyRowIsASeries()) {
      readRows(sink::sample);
      return;
    }
    SeriesTable series = new SeriesTable(names.size(), 1);
    readRows((labels, value) -> series.add(labels, 0, value));
    series.writeTo(sink);
  }

  /**
   * Whether no two rows can have the same labels: the labels tell all keys apart, and cover them.
   */
  private boolean everyRowIsASeries() {
    int decoded = cpuLabel ? decoder.keySize() - CpuLabel.BYTES : decoder.keySize();
    return decoder.injective() && decoded == map.keySize();
  }

  private void readHistogram(Buckets buckets, SampleSink sink) throws IOException, BpfException {
    int stride = buckets.size() + 1;
    SeriesTable series = new SeriesTable(names.size(), stride);
    readRows(
        (labels, value) -> {
          long key = decimal(labels, labels.size() - 1);
          int slot = key < 0 ? -1 : buckets.slot(key);
          if (slot < 0) {
            stats.rowFailed(
                metric.name(),
                "bucket %s is none of the histogram's".formatted(labels.value(labels.size() - 1)));
          } else {
            series.add(labels, slot, value);
          }
        });
    LabelRow row = new LabelRow(names.size());
    for (int i = 0; i < series.size(); i++) {
      series.labels(i, row);
      long sum = series.values()[i * stride + buckets.size()];
      sink.histogram(row, buckets, series.values(), i * stride, buckets.sum(sum));
    }
  }

  /** A label value as a number; -1 when it is none. */
  private static long decimal(LabelRow row, int index) {
    byte[] text = row.bytes().array();
    long value = 0;
    int start = row.start(index);
    int end = row.end(index);
    if (end == start || end - start > 18) {
      return -1;
    }
    for (int i = start; i < end; i++) {
      int digit = text[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }

  private void readRows(Row sink) throws IOException, BpfException {
    LabelRow labels = new LabelRow(metric.labels().size());
    long rows = 0;
    try (MapCursor cursor = map.cursor()) {
      int keySize = map.keySize();
      byte[] cpuKey = new byte[decoder.keySize()];
      while (cursor.next()) {
        byte[] keys = cursor.keys();
        rows += cursor.rows();
        for (int i = 0; i < cursor.rows(); i++) {
          if (cpuLabel) {
            readCpus(cursor, i, cpuKey, labels, sink);
          } else if (decode(keys, i * keySize, labels)) {
            sink.accept(labels, cursor.value(i));
          }
        }
      }
    }
    stats.rowsRead(map, rows);
  }

  /** Each CPU is a series: its number follows the key's bytes, as the label cpu reads it. */
  private void readCpus(MapCursor cursor, int row, byte[] cpuKey, LabelRow labels, Row sink)
      throws IOException {
    int shared = cpuKey.length - CpuLabel.BYTES;
    System.arraycopy(cursor.keys(), row * map.keySize(), cpuKey, 0, shared);
    for (int cpu = 0; cpu < cursor.cpus(); cpu++) {
      CpuLabel.put(cpuKey, shared, cpu);
      if (decode(cpuKey, 0, labels)) {
        sink.accept(labels, cursor.value(row, cpu));
      }
    }
  }

  private boolean decode(byte[] key, int offset, LabelRow labels) {
    try {
      return decoder.decode(key, offset, labels);
    } catch (DecodeException e) {
      stats.rowFailed(metric.name(), e.getMessage());
      return false;
    }
  }

  /** Writes the map's rows as text: raw key in hex, label values, value. Rows that drop say so. */
  @Override
  public void writeRows(OutputStream out, Bytes text) throws IOException {
    LabelRow labels = new LabelRow(metric.labels().size());
    try (MapCursor cursor = map.cursor()) {
      byte[] key = new byte[Math.max(map.keySize(), decoder.keySize())];
      while (cursor.next()) {
        for (int i = 0; i < cursor.rows(); i++) {
          System.arraycopy(cursor.keys(), i * map.keySize(), key, 0, map.keySize());
          String raw = HexFormat.of().formatHex(key, 0, map.keySize());
          if (cpuLabel) {
            for (int cpu = 0; cpu < cursor.cpus(); cpu++) {
              CpuLabel.put(key, decoder.keySize() - CpuLabel.BYTES, cpu);
              appendRow(text, raw, key, labels, cursor.value(i, cpu));
            }
          } else {
            appendRow(text, raw, key, labels, cursor.value(i));
          }
        }
        out.write(text.array(), 0, text.length());
        text.clear();
      }
    } catch (BpfException e) {
      text.append(e.getMessage() + "\n");
    }
  }

  private void appendRow(Bytes text, String raw, byte[] key, LabelRow labels, long value) {
    String decoded;
    try {
      decoded = decoder.decode(key, 0, labels) ? labels.toString() : "skipped";
    } catch (DecodeException e) {
      decoded = "error: " + e.getMessage();
    }
    text.append(
        raw + " " + decoded.replace("\n", "\\n") + " -> " + Long.toUnsignedString(value) + "\n");
  }
}
