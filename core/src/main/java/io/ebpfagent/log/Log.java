// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.log;

import org.jspecify.annotations.Nullable;

/**
 * Receives the engine's log lines. Whoever starts the engine passes one in, so that no logging
 * framework of the host is touched. Implementations are called from many threads and must not
 * throw.
 */
@FunctionalInterface
public interface Log {
  /** Severity of a line. */
  enum Level {
    DEBUG,
    INFO,
    WARNING,
    ERROR
  }

  /** Drops everything. */
  Log NONE =
      new Log() {
        @Override
        public void log(Level level, String message, @Nullable Throwable thrown) {}

        @Override
        public boolean isLoggable(Level level) {
          return false;
        }
      };

  /**
   * Logs a line.
   *
   * @param message in plain text, without placeholders
   * @param thrown the cause; null for none
   */
  void log(Level level, String message, @Nullable Throwable thrown);

  /** Whether lines of this level are wanted; lets callers skip building those that are not. */
  default boolean isLoggable(Level level) {
    return true;
  }

  default void error(String message) {
    log(Level.ERROR, message, null);
  }

  default void warning(String message) {
    log(Level.WARNING, message, null);
  }

  default void info(String message) {
    log(Level.INFO, message, null);
  }

  default void debug(String message) {
    log(Level.DEBUG, message, null);
  }
}
