// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.log;

import org.jspecify.annotations.Nullable;

/**
 * Where the engine's lines go. Whoever starts the engine hands one in, so that no logging framework
 * of the host is touched. An implementation is called from many threads and must not throw.
 */
@FunctionalInterface
public interface Log {
  /** How much a line matters. */
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
   * Takes a line.
   *
   * @param message in plain text, without placeholders
   * @param thrown what caused it; null for none
   */
  void log(Level level, String message, @Nullable Throwable thrown);

  /** Whether lines of this level are wanted; spares the making of those that are not. */
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
