// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.api.incubator.ExtendedOpenTelemetry;
import io.opentelemetry.api.incubator.config.DeclarativeConfigProperties;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the user wants, whichever way it is said: as properties {@code otel.ebpf.spans.per-second},
 * as variables {@code OTEL_EBPF_SPANS_PER_SECOND}, or in a configuration file below {@code
 * instrumentation/development: java: ebpf:} as {@code spans: {per_second: …}}, where durations are
 * milliseconds.
 *
 * @param enabled whether anything is done at all
 * @param kernel whether programs are loaded; else contexts are only shown to other tools
 * @param spans the bundled kinds of kernel spans that are wanted
 * @param thresholds by kind, what is too short to be one
 * @param perSpan how many kernel spans of a kind a span may have of each thread
 * @param perSecond how many kernel spans of a kind there may be a second
 * @param configDir where configs of the user's own are, which come before bundled ones; null for
 *     nowhere
 * @param configs names of more configs to run: of the user's own, or bundled examples
 * @param metrics whether metrics are sent
 * @param mostSeries how many series a metric may have
 * @param mostThreads how many threads may be in spans at a time, for the kernel
 * @param debug whether more is said
 */
record Settings(
    boolean enabled,
    boolean kernel,
    List<Kind> spans,
    Map<Kind, Duration> thresholds,
    int perSpan,
    int perSecond,
    @Nullable Path configDir,
    List<String> configs,
    boolean metrics,
    int mostSeries,
    int mostThreads,
    boolean debug) {
  static final String PREFIX = "otel.ebpf.";

  // Which settings aren't numbers, nor durations.
  private static final Set<String> SWITCHES = Set.of("enabled", "metrics.enabled", "debug");
  private static final Set<String> TEXTS =
      Set.of("context", "spans.kinds", "config.dir", "configs");

  private static final String EVERY_KIND = "all";

  /** No span is as long. */
  private static final long NEVER = -1;

  private static final int DEFAULT_PER_SPAN = 128;
  private static final int DEFAULT_PER_SECOND = 1_000;

  /** 1 MB of records. */
  private static final int DEFAULT_THREADS = 16_384;

  /** 64 MB of records. */
  private static final int MOST_THREADS = 1_000_000;

  /** The SDK's own limit is 2,000, and counters with more would meet it. */
  private static final int DEFAULT_SERIES = 1_000;

  Settings {
    spans = List.copyOf(spans);
    thresholds = Map.copyOf(thresholds);
    configs = List.copyOf(configs);
  }

  /** A setting cannot be understood. */
  static final class InvalidException extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidException(String message) {
      super(message);
    }
  }

  /**
   * Reads them.
   *
   * @param properties of the configuration, where it is one of properties; null where it is a file
   */
  static Settings of(@Nullable ConfigProperties properties, AutoConfiguredOpenTelemetrySdk sdk)
      throws InvalidException {
    if (properties != null) {
      return read(name -> unlessBlank(properties.getString(PREFIX + name)));
    }
    DeclarativeConfigProperties declared = declared(sdk);
    // What a file leaves open may be said of one process.
    return read(
        name -> {
          String inFile = declared == null ? null : ofFile(declared, name);
          return inFile != null ? inFile : unlessBlank(ofProcess(PREFIX + name));
        });
  }

  /** A line for each setting that is said and that there is not. */
  static List<String> unknown(AutoConfiguredOpenTelemetrySdk sdk) {
    Set<String> known = new TreeSet<>();
    try {
      Settings _ =
          read(
              name -> {
                known.add(name);
                return null;
              });
    } catch (InvalidException e) {
      throw new IllegalStateException(e); // nothing was said
    }
    return UnknownSettings.lines(
        System.getProperties().stringPropertyNames(),
        System.getenv().keySet(),
        declared(sdk),
        known);
  }

  private static @Nullable DeclarativeConfigProperties declared(
      AutoConfiguredOpenTelemetrySdk sdk) {
    return sdk.getOpenTelemetrySdk() instanceof ExtendedOpenTelemetry extended
        ? extended
            .getConfigProvider()
            .getInstrumentationConfig()
            .getStructured("java", DeclarativeConfigProperties.empty())
            .getStructured("ebpf")
        : null;
  }

  /**
   * {@code spans.per-second} is {@code per_second} in {@code spans}; a list is a text with commas.
   * What is asked for as something else than it is makes the SDK print a warning.
   */
  private static @Nullable String ofFile(DeclarativeConfigProperties file, String name) {
    List<String> path = List.of(name.replace('-', '_').split("\\.", -1));
    DeclarativeConfigProperties in = file;
    for (String part : path.subList(0, path.size() - 1)) {
      in = in.getStructured(part, DeclarativeConfigProperties.empty());
    }
    String key = path.getLast();
    if (!in.getPropertyKeys().contains(key)) {
      return null;
    }
    List<String> list = in.getScalarList(key, String.class);
    if (list != null) {
      return String.join(",", list);
    }
    Object value = null;
    if (SWITCHES.contains(name)) {
      value = in.getBoolean(key);
    } else if (!TEXTS.contains(name)) {
      value = in.getLong(key);
      if (value == null) {
        value = in.getDouble(key);
      }
    }
    return value != null ? value.toString() : in.getString(key);
  }

  /** As OpenTelemetry takes it, an empty variable is none. */
  private static @Nullable String unlessBlank(@Nullable String text) {
    return text == null || text.isBlank() ? null : text;
  }

  private static @Nullable String ofProcess(String property) {
    String value = System.getProperty(property);
    return value != null
        ? value
        : System.getenv(property.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_'));
  }

  /**
   * @param texts by name, without the prefix; null for what is not said
   */
  static Settings read(Function<String, @Nullable String> texts) throws InvalidException {
    Map<Kind, Duration> thresholds = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.ALL) {
      String name = "threshold." + kind.text();
      String text = texts.apply(name);
      if (text != null) {
        thresholds.put(kind, duration(name, text));
      }
    }
    String context = or(texts.apply("context"), "kernel");
    if (!List.of("kernel", "only").contains(context)) {
      throw invalid("context", context, "kernel or only");
    }
    String dir = texts.apply("config.dir");
    return new Settings(
        isOn("enabled", texts.apply("enabled"), true),
        context.equals("kernel"),
        kinds(texts.apply("spans.kinds")),
        thresholds,
        number("spans.per-span", texts.apply("spans.per-span"), DEFAULT_PER_SPAN),
        number("spans.per-second", texts.apply("spans.per-second"), DEFAULT_PER_SECOND),
        dir == null || dir.isBlank() ? null : Path.of(dir.strip()),
        list(texts.apply("configs"), List.of()),
        isOn("metrics.enabled", texts.apply("metrics.enabled"), true),
        number("metrics.max-series", texts.apply("metrics.max-series"), DEFAULT_SERIES),
        number("max-threads", texts.apply("max-threads"), DEFAULT_THREADS, MOST_THREADS),
        isOn("debug", texts.apply("debug"), false));
  }

  private static List<Kind> kinds(@Nullable String text) throws InvalidException {
    if (text == null) {
      return Kind.DEFAULT;
    }
    if (text.strip().equals(EVERY_KIND)) {
      return Kind.ALL;
    }
    List<Kind> kinds = new ArrayList<>();
    for (String name : list(text, List.of())) {
      kinds.add(
          Kind.of(name)
              .orElseThrow(
                  () -> invalid("spans.kinds", name, "all, none, or some of " + Kind.texts())));
    }
    return kinds;
  }

  /** The same for a process whose spans can't be known. */
  Settings withoutSpans() {
    return new Settings(
        enabled,
        kernel,
        List.of(),
        thresholds,
        perSpan,
        perSecond,
        configDir,
        configs,
        metrics,
        mostSeries,
        mostThreads,
        debug);
  }

  /** What the programs of the kinds are told, by variable. */
  Map<String, Long> leastNanos() {
    Map<String, Long> least = new TreeMap<>();
    for (Kind kind : Kind.ALL) {
      Duration threshold = thresholds.get(kind);
      if (!spans.contains(kind)) {
        least.put(kind.threshold(), NEVER);
      } else if (threshold != null) {
        least.put(kind.threshold(), threshold.toNanos());
      }
    }
    return least;
  }

  private static boolean isOn(String name, @Nullable String text, boolean otherwise)
      throws InvalidException {
    return switch (or(text, Boolean.toString(otherwise)).strip().toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw invalid(name, String.valueOf(text), "true or false");
    };
  }

  private static String or(@Nullable String text, String otherwise) {
    return text == null ? otherwise : text;
  }

  private static List<String> list(@Nullable String text, List<String> otherwise) {
    if (text == null) {
      return otherwise;
    }
    List<String> items = new ArrayList<>();
    Arrays.stream(text.split(",", -1))
        .map(String::strip)
        .filter(item -> !item.isEmpty() && !item.equals("none"))
        .forEach(items::add);
    return items;
  }

  private static int number(String name, @Nullable String text, int otherwise)
      throws InvalidException {
    return number(name, text, otherwise, Integer.MAX_VALUE);
  }

  private static int number(String name, @Nullable String text, int otherwise, int most)
      throws InvalidException {
    if (text == null) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(text.strip());
      if (number >= 0 && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw invalid(name, text, "a whole number from 0 to " + most);
  }

  /** {@code 5}, {@code 5ms}, {@code 100us} or {@code 1s}, as OpenTelemetry writes durations. */
  private static Duration duration(String name, String text) throws InvalidException {
    String digits = text.strip().replaceFirst("[a-z]*$", "").strip();
    String unit = text.strip().substring(digits.length()).strip();
    try {
      long number = Long.parseLong(digits);
      if (number >= 0 && number < Integer.MAX_VALUE) {
        return switch (unit) {
          case "", "ms" -> Duration.ofMillis(number);
          case "us" -> Duration.ofNanos(number * 1_000);
          case "s" -> Duration.ofSeconds(number);
          default -> throw invalid(name, text, "a duration in us, ms or s");
        };
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw invalid(name, text, "a duration in us, ms or s");
  }

  private static InvalidException invalid(String name, String text, String needed) {
    return new InvalidException("%s%s=%s: needs %s".formatted(PREFIX, name, text, needed));
  }
}
