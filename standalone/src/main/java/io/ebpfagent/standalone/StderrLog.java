// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.log.Log;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Logs lines to stderr, where a daemon's supervisor reads them.
 *
 * @param debug whether to log debug messages and stack traces
 * @param timestamps whether each line begins with its time
 */
record StderrLog(boolean debug, boolean timestamps) implements Log {
  @Override
  public boolean isLoggable(Level level) {
    return debug || level != Level.DEBUG;
  }

  @Override
  public void log(Level level, String message, @Nullable Throwable thrown) {
    if (!isLoggable(level)) {
      return;
    }
    String time = timestamps ? Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " : "";
    PrintStream err = System.err;
    err.println(time + level + " " + message + (thrown == null ? "" : ": " + text(thrown)));
  }

  private String text(Throwable thrown) {
    if (!debug) {
      return thrown.toString();
    }
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}
