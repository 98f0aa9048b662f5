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

/** What went wrong, and how long it took, while one config's maps were read. */
final class ConfigStats {
  private final String config;
  private final Log log;
  private final LongAdder decoderErrors = new LongAdder();
  private final LongAdder readErrors = new LongAdder();
  private final LongAdder duplicates = new LongAdder();
  private final Map<String, Boolean> full = new ConcurrentSkipListMap<>();

  /** What was logged: the first failure of a kind says what is wrong, the counter how often. */
  private final Set<String> logged = ConcurrentHashMap.newKeySet();

  private volatile long scrapeNanos;

  ConfigStats(String config, Log log) {
    this.config = config;
    this.log = log;
  }

  String config() {
    return config;
  }

  /** A row was dropped: its labels can't be decoded. */
  void rowFailed(String metric, String reason) {
    decoderErrors.increment();
    logOnce(
        "row " + metric, "dropped a row of " + metric + ", more will only be counted: " + reason);
  }

  /** A map was not read to its end. */
  void readFailed(String metric, RowReadException e) {
    readErrors.increment();
    logOnce("read " + metric, e.getMessage() + "; more will only be counted");
  }

  /** A metric was not read to its end, for a reason that nobody thought of. */
  void failed(String metric, Throwable e) {
    readErrors.increment();
    logOnce("read " + metric, "metric " + metric + ": " + e + "; more will only be counted");
  }

  /** Another config, named before this one, has the same series. */
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

  /** A map was read; a map without room for a new key loses what the program measures next. */
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

  /** How often a series was left out that a config named before has. */
  long duplicates() {
    return duplicates.sum();
  }

  /** By map that can fill: whether it was full when it was last read. */
  Map<String, Boolean> full() {
    return new TreeMap<>(full);
  }

  double scrapeSeconds() {
    return scrapeNanos / 1e9;
  }
}
