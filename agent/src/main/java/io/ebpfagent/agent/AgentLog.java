// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.log.Log;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/** Lines on stderr, where nobody parses what an application says. */
final class AgentLog implements Log {
  /** The process's own: servers make theirs another, which takes lines for the application's. */
  private final PrintStream err = System.err;

  /** The last that went wrong; empty for nothing. */
  private volatile String lastError = "";

  @Override
  public boolean isLoggable(Level level) {
    return level != Level.DEBUG;
  }

  @Override
  public void log(Level level, String message, @Nullable Throwable thrown) {
    if (!isLoggable(level)) {
      return;
    }
    String line = thrown == null ? message : message + ": " + thrown;
    if (level == Level.ERROR || level == Level.WARNING) {
      lastError = line;
    }
    try {
      err.println("ebpf-agent: " + line);
    } catch (RuntimeException e) {
      // The application's stream; what is said is not to stop what is done.
    }
  }

  String lastError() {
    return lastError;
  }
}
