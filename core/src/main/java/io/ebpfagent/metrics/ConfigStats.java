package io.ebpfagent.metrics;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/** What went wrong, and how long it took, while one config's maps were read. */
final class ConfigStats {
  private static final System.Logger LOG = System.getLogger("io.ebpfagent.metrics");

  private final String config;
  private final LongAdder decoderErrors = new LongAdder();
  private final LongAdder readErrors = new LongAdder();
  private final Map<String, Boolean> full = new ConcurrentSkipListMap<>();

  /** Metrics whose failure was logged: the first one says what is wrong, the counter how often. */
  private final Set<String> logged = ConcurrentHashMap.newKeySet();

  private volatile long scrapeNanos;

  ConfigStats(String config) {
    this.config = config;
  }

  String config() {
    return config;
  }

  /** A row was dropped: its labels can't be decoded. */
  void rowFailed(String metric, String reason) {
    decoderErrors.increment();
    logOnce(metric, "dropped a row of " + metric + ", more will only be counted: " + reason);
  }

  /** A map was not read to its end. */
  void readFailed(BpfException e) {
    readErrors.increment();
    logOnce(e.operation(), e.getMessage() + "; more will only be counted");
  }

  private void logOnce(String subject, String message) {
    if (logged.add(subject)) {
      LOG.log(System.Logger.Level.WARNING, "{0}: {1}", config, message);
    }
  }

  /** A map was read; a map without room for a new key loses what the program measures next. */
  void rowsRead(BpfMap map, long rows) {
    if (map.canFill()) {
      full.put(map.name(), rows >= Integer.toUnsignedLong(map.maxEntries()));
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

  /** By map that can fill: whether it was full when it was last read. */
  Map<String, Boolean> full() {
    return new TreeMap<>(full);
  }

  double scrapeSeconds() {
    return scrapeNanos / 1e9;
  }
}
