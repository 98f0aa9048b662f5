// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.config.FileNames;
import io.ebpfagent.config.Suggestion;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The parsed command line; each {@link Flag} is a field. */
final class Flags {
  /**
   * The paths that clients send as they are written. The server takes others apart, decodes them or
   * refuses them.
   */
  private static final Pattern SERVED =
      Pattern.compile("/|(?:/(?!\\.{1,2}(?:/|$))[\\p{L}\\p{N}._~!$&'()*+,=:@-]+)+/?");

  @Nullable Path configDir;
  String @Nullable [] configNames;
  boolean configCheck;
  boolean configStrict;

  /** How many map keys of skipped rows are cached for each metric; 0 for none. */
  int skipCacheSize;

  /** How many decoded values are cached for each label; 0 for the default. */
  int cacheSize;

  boolean debug;
  boolean noTimestamps;
  String listenAddress = ":9435";
  String telemetryPath = "/metrics";
  String keepCapabilities = "all";
  @Nullable Path pin;
  @Nullable String pinGroup;
  @Nullable Path btfPath;
  boolean version;
  boolean help;

  private Flags() {}

  /**
   * Parses {@code --flag=value}, {@code --flag value}, and switches as {@code --flag} and {@code
   * --no-flag}. Each flag may be given once; only {@code --config.names} may be repeated, and adds
   * up.
   *
   * @throws IllegalArgumentException when an argument is wrong; the message names it and says what
   *     to do
   */
  static Flags parse(String... args) {
    Flags flags = new Flags();
    Set<Flag> given = EnumSet.noneOf(Flag.class);
    Iterator<String> rest = List.of(args).iterator();
    while (rest.hasNext()) {
      String argument = rest.next();
      int equals = argument.indexOf('=');
      String written = equals < 0 ? argument : argument.substring(0, equals);
      String value = equals < 0 ? null : argument.substring(equals + 1);
      Flag flag = Flag.of(written);
      if (flag == null) {
        throw refused(
            argument.startsWith("-")
                ? written + ": no such flag"
                : "'" + argument + "': unexpected argument",
            Suggestion.nearest(written, Flag.spellings()));
      }
      if (!given.add(flag) && flag != Flag.CONFIG_NAMES) {
        throw refused(flag + ": may be given only once", null);
      }
      if (flag.takesValue()) {
        flags.set(flag, value != null ? value : next(flag, rest));
      } else {
        flags.set(flag, isOn(argument, value) != flag.isTurnedOff(written));
      }
    }
    return flags;
  }

  private static String next(Flag flag, Iterator<String> rest) {
    String value = rest.hasNext() ? rest.next() : null;
    if (value == null || Flag.of(value.replaceFirst("=.*", "")) != null) {
      throw refused(flag + ": needs a value" + (value == null ? "" : ", found " + value), null);
    }
    return value;
  }

  private static boolean isOn(String argument, @Nullable String value) {
    if (value == null || value.equals("true")) {
      return true;
    }
    if (value.equals("false")) {
      return false;
    }
    throw refused(argument + ": must be true or false", null);
  }

  private static int number(Flag flag, String value) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw refused(flag + "=" + value + ": must be a whole number of at most 2147483647", null);
    }
  }

  private static Path path(Flag flag, String value) {
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      throw refused(flag + "=" + value + ": " + FileNames.whyNoText(), null);
    }
  }

  private static IllegalArgumentException refused(String reason, @Nullable String nearest) {
    String question = nearest == null ? "" : "did you mean " + nearest + "? ";
    return new IllegalArgumentException(
        reason + "\n" + question + "ebpf-exporter --help lists the flags");
  }

  private void set(Flag flag, String value) {
    switch (flag) {
      case CONFIG_DIR -> configDir = path(flag, value);
      case CONFIG_NAMES -> configNames = append(configNames, value.split(",", -1));
      case CONFIG_SKIP_CACHE_SIZE -> skipCacheSize = number(flag, value);
      case CONFIG_CACHE_SIZE -> cacheSize = number(flag, value);
      case WEB_LISTEN_ADDRESS -> listenAddress = value;
      case WEB_TELEMETRY_PATH -> telemetryPath = value;
      case CAPABILITIES_KEEP -> keepCapabilities = value;
      case PIN -> pin = path(flag, value);
      case PIN_GROUP -> pinGroup = value;
      case BTF_PATH -> btfPath = path(flag, value);
      default -> throw new IllegalStateException(flag + " has no value");
    }
  }

  private void set(Flag flag, boolean on) {
    switch (flag) {
      case CONFIG_CHECK -> configCheck = on;
      case CONFIG_STRICT -> configStrict = on;
      case DEBUG -> debug = on;
      case LOG_NO_TIMESTAMPS -> noTimestamps = on;
      case VERSION -> version = on;
      case HELP -> help = on;
      default -> throw new IllegalStateException(flag + " has a value");
    }
  }

  private static String[] append(String @Nullable [] names, String[] more) {
    List<String> all = new ArrayList<>(names == null ? List.of() : List.of(names));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  /**
   * Checks values beyond their types.
   *
   * @throws IllegalArgumentException when a flag's value is wrong; the message names it and the
   *     reason
   */
  void check() {
    checkSize(Flag.CONFIG_SKIP_CACHE_SIZE, skipCacheSize);
    checkSize(Flag.CONFIG_CACHE_SIZE, cacheSize);
    if (pinGroup != null && pin == null) {
      throw new IllegalArgumentException(
          "--pin.group=" + pinGroup + ": is for --pin, which is missing");
    }
    String path = "--web.telemetry-path=" + telemetryPath;
    if (!SERVED.matcher(telemetryPath).matches()) {
      throw new IllegalArgumentException(
          path
              + ": must be a path such as /metrics, of letters, digits and -._~!$&'()*+,=:@,"
              + " without empty parts, . and ..");
    }
    if (debug && telemetryPath.equals("/maps")) {
      throw new IllegalArgumentException(path + ": with --debug the raw maps are there");
    }
  }

  private static void checkSize(Flag flag, int size) {
    if (size < 0) {
      throw new IllegalArgumentException(flag + "=" + size + ": must not be negative");
    }
  }
}
