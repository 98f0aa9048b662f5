// SPDX-License-Identifier: Apache-2.0
package io.prometheus.jmx.logger;

import io.ebpfagent.log.Log;
import java.util.Locale;

/** Warnings of the JMX collector as lines of a log; what is below tells only its programmers. */
@SuppressWarnings("AnnotateFormatMethod") // the collector is compiled already
public final class Logger {
  /** What was said last: a scrape that fails does so again and again. */
  private volatile String last = "";

  Logger() {}

  public boolean isTraceEnabled() {
    return false;
  }

  public boolean isInfoEnabled() {
    return false;
  }

  public boolean isWarnEnabled() {
    return true;
  }

  public boolean isErrorEnabled() {
    return true;
  }

  public void trace(String message) {}

  public void trace(String format, Object value) {}

  public void trace(String format, Object... values) {}

  public void info(String message) {}

  public void info(String format, Object value) {}

  public void info(String format, Object... values) {}

  public void warn(String message) {
    say(message);
  }

  public void warn(String format, Object value) {
    say(String.format(Locale.ROOT, format, value));
  }

  public void warn(String format, Object... values) {
    say(String.format(Locale.ROOT, format, values));
  }

  public void error(String message) {
    say(message);
  }

  public void error(String format, Object... values) {
    say(String.format(Locale.ROOT, format, values));
  }

  private void say(String message) {
    // What follows is a stack trace.
    String line = message.lines().findFirst().orElse("");
    if (!line.equals(last)) {
      last = line;
      LoggerFactory.log().log(Log.Level.WARNING, "JMX: " + line, null);
    }
  }
}
