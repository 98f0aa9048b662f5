package io.ebpfagent.standalone;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Brings what OpenTelemetry logs, through java.util.logging, to where the other lines go. It
 * throttles its own warnings of a receiver that is away.
 */
final class OpenTelemetryLogs extends Handler {
  private static final System.Logger LOG = System.getLogger("io.opentelemetry");

  /** Loggers are collected, with their handlers, when nobody holds them. */
  private static final Logger SOURCE = Logger.getLogger("io.opentelemetry");

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
    if (thrown == null) {
      LOG.log(level, message);
    } else {
      LOG.log(level, message, thrown);
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
