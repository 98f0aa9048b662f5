// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.config.Metric;
import io.ebpfagent.decode.Bytes;
import io.ebpfagent.decode.DecodeException;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.decode.LabelRow;
import io.ebpfagent.decode.RowDecoder;
import io.ebpfagent.rows.EventReader;
import io.ebpfagent.rows.RowReadException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * A counter of the events of a perf event array. It counts them in user space by their label
 * values, and drops all counts when the flush interval is over. Whoever runs the config calls
 * {@link #drain} as events come, so that the buffer doesn't overflow between scrapes; a scrape
 * takes what is left.
 */
public final class EventCounter implements SampleSource {
  /**
   * Limit of the number of series: programs choose the labels' bytes, so any number of label sets
   * may come.
   */
  static final int MOST_SERIES = 65_536;

  /**
   * How long a scrape waits for another thread's drain; after that it goes without these counts.
   */
  private static final long LONGEST_WAIT_MILLIS = 1_000;

  private final Metric.Counter metric;
  private final EventReader buffer;
  private final RowDecoder decoder;
  private final LabelNames names;
  private final ConfigStats stats;
  private final int mostSeries;
  private final LongSupplier nanoTime;

  private final ReentrantLock lock = new ReentrantLock();

  // The fields up to "flushed" are guarded by the lock.
  private final LabelRow row;
  private SeriesTable series;
  private long flushed;
  private final LongAdder uncounted = new LongAdder();

  EventCounter(Metric.Counter metric, EventReader buffer, Decoders decoders, ConfigStats stats) {
    this(metric, buffer, decoders, stats, MOST_SERIES, System::nanoTime);
  }

  EventCounter(
      Metric.Counter metric,
      EventReader buffer,
      Decoders decoders,
      ConfigStats stats,
      int mostSeries,
      LongSupplier nanoTime) {
    this.metric = metric;
    this.buffer = buffer;
    this.decoder = decoders.row(metric.labels());
    this.names = LabelNames.of(decoder, IntStream.range(0, metric.labels().size()).toArray());
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

  @Override
  public void close() {
    decoder.close();
  }

  @Override
  public LabelNames names() {
    return names;
  }

  /** Number of events that the kernel had no room for. */
  long lost() {
    return buffer.lost();
  }

  /** Number of events that were not counted because there were too many label sets already. */
  long uncounted() {
    return uncounted.sum();
  }

  /** Counts the events that are in the buffer. */
  public void drain() {
    lock.lock();
    try {
      flush();
      buffer.drain(this::count);
    } finally {
      lock.unlock();
    }
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
          "an event of %s bytes, the labels take %s".formatted(length, decoder.keySize()));
      return;
    }
    try {
      if (decoder.decode(event, 0, row) && !series.add(row, 0, 1, mostSeries)) {
        uncounted.increment();
      }
    } catch (DecodeException e) {
      stats.rowFailed(metric.name(), e.getMessage());
    } catch (RuntimeException e) {
      // A decoder's bug with one event must not stop the counting of the others.
      stats.rowFailed(metric.name(), e.toString());
    }
  }

  /**
   * Returns a copy of the counts, so that a slow client of a scrape does not hold up the counting.
   */
  private SeriesTable now() throws RowReadException {
    boolean locked = false;
    try {
      locked = lock.tryLock(LONGEST_WAIT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (!locked) {
      throw new RowReadException("the events of " + metric.name() + " are being counted");
    }
    try {
      drain();
      return series.snapshot();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void read(SampleSink sink) throws IOException {
    sink.labels(names);
    SeriesTable counts;
    try {
      counts = now();
    } catch (RowReadException e) {
      stats.readFailed(metric.name(), e);
      return;
    }
    decoder.scrapeEnded();
    counts.writeTo(sink);
  }

  /** Writes the counts as text: events have no rows whose keys could be shown. */
  @Override
  public void writeRows(OutputStream out, Bytes text) throws IOException {
    SeriesTable counts;
    try {
      counts = now();
    } catch (RowReadException e) {
      text.append(e.getMessage() + "\n");
      return;
    }
    LabelRow labels = new LabelRow(names.size());
    for (int i = 0; i < counts.size(); i++) {
      counts.labels(i, labels);
      text.append(labels.toString().replace("\n", "\\n") + " -> " + counts.values()[i] + "\n");
    }
    out.write(text.array(), 0, text.length());
    text.clear();
  }
}
