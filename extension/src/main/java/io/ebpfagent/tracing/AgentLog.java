// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.ebpfagent.extension.Gate;
import io.ebpfagent.log.Log;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Lines on stderr, where the javaagent's own go: its logging is not there yet when ours begins. */
record AgentLog(boolean debug) implements Log {
  @Override
  public void log(Level level, String message, @Nullable Throwable thrown) {
    if (isLoggable(level)) {
      String prefix = level == Level.INFO ? "" : level.name().toLowerCase(Locale.ROOT) + ": ";
      Gate.print(prefix + message + (thrown == null ? "" : ": " + thrown));
      if (thrown != null && debug) {
        thrown.printStackTrace();
      }
    }
  }

  @Override
  public boolean isLoggable(Level level) {
    return debug || level != Level.DEBUG;
  }
}
