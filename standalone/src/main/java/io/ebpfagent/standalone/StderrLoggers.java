package io.ebpfagent.standalone;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.text.MessageFormat;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ResourceBundle;
import org.jspecify.annotations.Nullable;

/**
 * Every System.Logger of the process: lines on stderr, where a daemon's supervisor looks for them.
 */
public final class StderrLoggers extends System.LoggerFinder {
  private static volatile boolean debug;
  private static volatile boolean timestamps = true;

  /** Called by the JDK's service loader. */
  public StderrLoggers() {}

  static void configure(boolean withDebug, boolean withTimestamps) {
    debug = withDebug;
    timestamps = withTimestamps;
  }

  @Override
  public System.Logger getLogger(String name, Module module) {
    return new StderrLogger(name);
  }

  private record StderrLogger(String name) implements System.Logger {
    @Override
    public String getName() {
      return name;
    }

    @Override
    public boolean isLoggable(Level level) {
      boolean ours = name.startsWith("io.ebpfagent") || name.equals("libbpf");
      Level from = !ours ? Level.WARNING : debug ? Level.DEBUG : Level.INFO;
      return level != Level.OFF && level.getSeverity() >= from.getSeverity();
    }

    @Override
    public void log(
        Level level, @Nullable ResourceBundle bundle, String message, @Nullable Throwable thrown) {
      if (isLoggable(level)) {
        print(level, thrown == null ? message : message + ": " + trace(thrown));
      }
    }

    @Override
    public void log(
        Level level, @Nullable ResourceBundle bundle, String format, Object @Nullable ... params) {
      if (isLoggable(level)) {
        boolean plain = params == null || params.length == 0;
        print(level, plain ? format : MessageFormat.format(format, params));
      }
    }

    /** A stack trace only in debug mode: without, it is noise to whoever runs the exporter. */
    private static String trace(Throwable thrown) {
      if (!debug) {
        return thrown.toString();
      }
      StringWriter text = new StringWriter();
      thrown.printStackTrace(new PrintWriter(text));
      return text.toString();
    }

    private void print(Level level, String message) {
      String time = timestamps ? Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " : "";
      String source = name.equals("libbpf") && !message.startsWith("libbpf: ") ? "libbpf: " : "";
      PrintStream err = System.err;
      err.println(time + level + " " + source + message);
    }
  }
}
