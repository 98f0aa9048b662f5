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
    String text = message + (thrown == null ? "" : ": " + text(thrown));
    err.println(time + level + " " + escaped(text, level == Level.DEBUG));
  }

  /**
   * Returns the text with its control characters as {@code \x1b}: names and values come from files
   * and from the network, and a terminal obeys what it is told.
   *
   * @param lines whether line feeds stay, as in stack traces and in what libbpf says
   */
  static String escaped(String text, boolean lines) {
    StringBuilder escaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean stays = !Character.isISOControl(c) || c == '\t' || (c == '\n' && lines);
      escaped.append(stays ? String.valueOf(c) : c == '\n' ? "\\n" : "\\x%02x".formatted((int) c));
    }
    return escaped.toString();
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
