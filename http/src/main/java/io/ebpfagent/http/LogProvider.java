// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import io.ebpfagent.log.Log;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * Passes Jetty's warnings to a {@link Log}, without any logging framework. Jetty's loggers are
 * static, so all of their lines go to the last server's log.
 */
public final class LogProvider implements SLF4JServiceProvider {
  private static volatile Log log = Log.NONE;

  private final IMarkerFactory markers = new BasicMarkerFactory();
  private final MDCAdapter context = new NOPMDCAdapter();
  private final Logger warnings = new Warnings(true);
  private final Logger ofRequests = new Warnings(false);

  /** Called by slf4j. */
  public LogProvider() {}

  static void to(Log target) {
    log = target;
  }

  @Override
  public void initialize() {}

  @Override
  public ILoggerFactory getLoggerFactory() {
    // What is wrong with a request its client is told: no client writes to the log.
    return name ->
        name.startsWith("org.eclipse.jetty.http.") || name.equals("org.eclipse.jetty.util.HostPort")
            ? ofRequests
            : warnings;
  }

  @Override
  public IMarkerFactory getMarkerFactory() {
    return markers;
  }

  @Override
  public MDCAdapter getMDCAdapter() {
    return context;
  }

  @Override
  public String getRequestedApiVersion() {
    return "2.0";
  }

  /** Levels below warnings only interest Jetty's developers. */
  private static final class Warnings extends LegacyAbstractLogger {
    private static final long serialVersionUID = 1;

    private final boolean warns;

    Warnings(boolean warns) {
      this.warns = warns;
    }

    @Override
    public boolean isTraceEnabled() {
      return false;
    }

    @Override
    public boolean isDebugEnabled() {
      return false;
    }

    @Override
    public boolean isInfoEnabled() {
      return false;
    }

    @Override
    public boolean isWarnEnabled() {
      return warns;
    }

    @Override
    public boolean isErrorEnabled() {
      return true;
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
      return null;
    }

    @Override
    protected void handleNormalizedLoggingCall(
        Level level,
        @Nullable Marker marker,
        @Nullable String message,
        Object @Nullable [] arguments,
        @Nullable Throwable thrown) {
      log.log(
          level == Level.ERROR ? Log.Level.ERROR : Log.Level.WARNING,
          "HTTP server: " + MessageFormatter.basicArrayFormat(message, arguments),
          thrown);
    }
  }
}
