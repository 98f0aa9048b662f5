package io.ebpfagent.standalone;

import java.net.ConnectException;
import java.net.http.HttpTimeoutException;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Brings what OpenTelemetry logs, through java.util.logging, to where the other lines go. It
 * throttles its own warnings of a receiver that is away.
 */
final class OpenTelemetryLogs extends Handler {
  private static final System.Logger LOG = System.getLogger("io.opentelemetry");

  /** Loggers are collected, with their handlers, when nobody holds them. */
  private static final Logger SOURCE = Logger.getLogger("io.opentelemetry");

  private static final Pattern CLASS_NAMES = Pattern.compile(" (Full e|E)rror message:.*");

  private final SimpleFormatter formatter = new SimpleFormatter();

  private OpenTelemetryLogs() {}

  static void forward() {
    SOURCE.setUseParentHandlers(false);
    SOURCE.addHandler(new OpenTelemetryLogs());
  }

  @Override
  public void publish(@Nullable LogRecord record) {
    if (record == null) {
      return;
    }
    System.Logger.Level level =
        record.getLevel().intValue() >= Level.WARNING.intValue()
            ? System.Logger.Level.WARNING
            : System.Logger.Level.DEBUG;
    String message = formatter.formatMessage(record);
    Throwable thrown = record.getThrown();
    LOG.log(level, thrown == null ? message : withReason(message, thrown));
    if (thrown != null) {
      LOG.log(System.Logger.Level.DEBUG, message, thrown);
    }
  }

  /** The message with the innermost failure in words; as it comes, it names classes. */
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
          case ConnectException e -> "can't connect";
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
