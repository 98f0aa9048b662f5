// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.log.Log;
import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Passes what a library logs through java.util.logging to our log. OpenTelemetry itself throttles
 * its warnings about an unreachable receiver.
 */
final class LibraryLogs extends Handler {
  private static final Pattern CLASS_NAMES = Pattern.compile(" (Full e|E)rror message:.*");

  /** Keeps the loggers referenced; otherwise they are garbage collected with their handlers. */
  private static final Map<String, Logger> SOURCES = new ConcurrentHashMap<>();

  private final SimpleFormatter formatter = new SimpleFormatter();
  private final Log log;

  private LibraryLogs(Log log) {
    this.log = log;
  }

  /** Forwards all loggers whose names begin with {@code name}. */
  static void forward(String name, Log log) {
    Logger source = SOURCES.computeIfAbsent(name, Logger::getLogger);
    source.setUseParentHandlers(false);
    source.addHandler(new LibraryLogs(log));
  }

  @Override
  public void publish(@Nullable LogRecord record) {
    if (record == null) {
      return;
    }
    boolean warning = record.getLevel().intValue() >= Level.WARNING.intValue();
    String message = formatter.formatMessage(record);
    Throwable thrown = record.getThrown();
    if (warning) {
      log.warning(thrown == null ? message : withReason(message, thrown));
    }
    if (thrown != null) {
      log.log(Log.Level.DEBUG, message, thrown);
    }
  }

  /**
   * Returns the message with the innermost failure in words; the original message contains class
   * names.
   */
  private static String withReason(String message, Throwable thrown) {
    Throwable innermost = thrown;
    Throwable last = thrown;
    while (last.getCause() != null) {
      last = last.getCause();
      if (last.getMessage() != null || last instanceof ConnectException) {
        innermost = last;
      }
    }
    String reason =
        switch (innermost) {
          case ConnectException e ->
              "can't connect: see OTEL_EXPORTER_OTLP_ENDPOINT, or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
          case HttpTimeoutException e -> "no answer in time";
          default -> String.valueOf(innermost.getMessage());
        };
    return CLASS_NAMES.matcher(message).replaceFirst("") + " " + reason;
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
