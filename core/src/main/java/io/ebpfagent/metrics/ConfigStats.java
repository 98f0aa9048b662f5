// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.log.Log;
import io.ebpfagent.rows.RowReadException;
import io.ebpfagent.rows.RowShape;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** Problems while one config's maps were read, and how long reading took. */
final class ConfigStats {
  private final String config;
  private final Log log;
  private final LongAdder decoderErrors = new LongAdder();
  private final LongAdder readErrors = new LongAdder();
  private final LongAdder duplicates = new LongAdder();
  private final Map<String, Boolean> full = new ConcurrentSkipListMap<>();

  /**
   * The kinds of problems that were logged. Only the first failure of a kind is logged; the
   * counters say how many there were.
   */
  private final Set<String> logged = ConcurrentHashMap.newKeySet();

  private volatile long scrapeNanos;

  ConfigStats(String config, Log log) {
    this.config = config;
    this.log = log;
  }

  String config() {
    return config;
  }

  /** Counts a row that was dropped because its labels can't be decoded. */
  void rowFailed(String metric, String reason) {
    decoderErrors.increment();
    logOnce(
        "row " + metric, "dropped a row of " + metric + ", more will only be counted: " + reason);
  }

  /**
   * Counts a histogram whose buckets don't fit a number together, as a row that is no right one.
   */
  void countsCut(String metric, String series) {
    decoderErrors.increment();
    logOnce(
        "counts " + metric,
        "%s%s: its buckets count more than 2^64 together, the rest is left out; does the program count below 0? more will only be counted"
            .formatted(metric, series));
  }

  /** Counts a map that was not read to its end. */
  void readFailed(String metric, RowReadException e) {
    readErrors.increment();
    logOnce("read " + metric, e.getMessage() + "; more will only be counted");
  }

  /** Counts a metric that was not read to its end because of an unexpected error. */
  void failed(String metric, Throwable e) {
    readErrors.increment();
    logOnce("read " + metric, "metric " + metric + ": " + e + "; more will only be counted");
  }

  /** Counts a series that is left out because a config named before this one has it. */
  void duplicate(String metric, String series) {
    duplicates.increment();
    logOnce(
        "duplicate " + metric,
        "%s%s is left out, for a config named before has that series; more will only be counted"
            .formatted(metric, series));
  }

  private void logOnce(String subject, String message) {
    if (logged.add(subject)) {
      log.warning(config + ": " + message);
    }
  }

  /** Records whether a map was full: then it loses what the program measures for new keys. */
  void rowsRead(RowShape map, long rows) {
    if (map.canFill()) {
      full.put(map.name(), rows >= map.maxEntries());
    }
  }

  void scrapeTook(long nanos) {
    scrapeNanos = nanos;
  }

  long decoderErrors() {
    return decoderErrors.sum();
  }

  long readErrors() {
    return readErrors.sum();
  }

  /** Number of series that were left out because a config named before has them. */
  long duplicates() {
    return duplicates.sum();
  }

  /** Returns for each map that can fill whether it was full when it was last read. */
  Map<String, Boolean> full() {
    return new TreeMap<>(full);
  }

  double scrapeSeconds() {
    return scrapeNanos / 1e9;
  }
}
