package io.ebpfagent.metrics;

import io.ebpfagent.bpf.PerfBuffer;
import io.ebpfagent.config.Metric;
import io.ebpfagent.decode.Bytes;
import io.ebpfagent.decode.DecodeException;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.decode.LabelRow;
import io.ebpfagent.decode.RowDecoder;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.LongSupplier;

/**
 * A counter of the events of a perf event array: counts them here, by their label values, and
 * forgets all counts when the flush interval is over. A thread takes the events as they come, so
 * that the buffer doesn't overflow between scrapes; a scrape takes what is left.
 */
final class EventSource implements SampleSource {
  /** Programs choose the labels' bytes, so that any number of label sets may come. */
  static final int MOST_SERIES = 65_536;

  private final Metric.Counter metric;
  private final PerfBuffer buffer;
  private final RowDecoder decoder;
  private final LabelNames names;
  private final ConfigStats stats;
  private final int mostSeries;
  private final LongSupplier nanoTime;

  // Guarded by this.
  private final LabelRow row;
  private SeriesTable series;
  private long flushed;
  private long uncounted;

  EventSource(Metric.Counter metric, PerfBuffer buffer, Decoders decoders, ConfigStats stats) {
    this(metric, buffer, decoders, stats, MOST_SERIES, System::nanoTime);
  }

  EventSource(
      Metric.Counter metric,
      PerfBuffer buffer,
      Decoders decoders,
      ConfigStats stats,
      int mostSeries,
      LongSupplier nanoTime) {
    this.metric = metric;
    this.buffer = buffer;
    this.decoder = decoders.row(metric.labels());
    this.names = LabelNames.of(decoder, metric.labels().size());
    this.stats = stats;
    this.mostSeries = mostSeries;
    this.nanoTime = nanoTime;
    this.row = new LabelRow(names.size());
    this.series = new SeriesTable(names.size(), 1);
    this.flushed = nanoTime.getAsLong();
  }

  @Override
  public Metric metric() {
    return metric;
  }

  String config() {
    return stats.config();
  }

  /** Events that the kernel had no room for. */
  long lost() {
    return buffer.lost();
  }

  /** Events that were not counted, because there were too many label sets already. */
  synchronized long uncounted() {
    return uncounted;
  }

  /** Begins to take events as they come, until the buffer closes. */
  void start() {
    Thread.ofPlatform()
        .daemon()
        .name("ebpf-events " + stats.config() + ":" + metric.name())
        .start(this::run);
  }

  private void run() {
    while (buffer.await()) {
      try {
        drain();
      } catch (RuntimeException e) {
        // A decoder's bug on one event is not to stop the counting of the others.
        stats.rowFailed(metric.name(), e.toString());
      }
    }
  }

  /** Counts the events that are there. */
  synchronized void drain() {
    flush();
    buffer.drain(this::count);
  }

  private void flush() {
    long interval = metric.flushInterval().toNanos();
    long since = nanoTime.getAsLong() - flushed;
    if (since >= interval) {
      series = new SeriesTable(names.size(), 1);
      flushed += since / interval * interval;
    }
  }

  private void count(byte[] event, int length) {
    if (length < decoder.keySize()) {
      stats.rowFailed(
          metric.name(),
          "an event of %d bytes, the labels take %d".formatted(length, decoder.keySize()));
      return;
    }
    try {
      if (decoder.decode(event, 0, row) && !series.add(row, 0, 1, mostSeries)) {
        uncounted++;
      }
    } catch (DecodeException e) {
      stats.rowFailed(metric.name(), e.getMessage());
    }
  }

  /** The counts as they are now: a slow reader of a scrape is not to hold up the counting. */
  private synchronized SeriesTable now() {
    drain();
    return series.snapshot();
  }

  @Override
  public void read(SampleSink sink) throws IOException {
    sink.labels(names);
    SeriesTable counts = now();
    decoder.scrapeEnded();
    counts.writeTo(sink);
  }

  /** Writes the counts as text: events have no rows whose key could be shown. */
  @Override
  public void writeRows(OutputStream out, Bytes text) throws IOException {
    SeriesTable counts = now();
    LabelRow labels = new LabelRow(names.size());
    for (int i = 0; i < counts.size(); i++) {
      counts.labels(i, labels);
      text.append(labels.toString().replace("\n", "\\n") + " -> " + counts.values()[i] + "\n");
    }
    out.write(text.array(), 0, text.length());
    text.clear();
  }
}
