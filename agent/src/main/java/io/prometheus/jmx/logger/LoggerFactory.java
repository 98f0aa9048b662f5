// SPDX-License-Identifier: Apache-2.0
package io.prometheus.jmx.logger;

import io.ebpfagent.log.Log;

/**
 * Takes the place of the JMX collector's own, which would build the host's LogManager. The
 * collector's loggers are static, so there is one log for all.
 */
public final class LoggerFactory {
  private static volatile Log log = Log.NONE;

  private LoggerFactory() {}

  /** Where the collector's warnings go from now on. */
  public static void to(Log target) {
    log = target;
  }

  public static Logger getLogger(Class<?> of) {
    return new Logger();
  }

  static Log log() {
    return log;
  }
}
