// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The result of a scrape, parsed more strictly than by Prometheus: a line that violates its format,
 * or is in the wrong place, fails the test.
 */
final class Exposition {
  /** A line with a value. */
  record Sample(String name, Map<String, String> labels, String text) {
    double value() {
      return switch (text) {
        case "+Inf" -> Double.POSITIVE_INFINITY;
        case "-Inf" -> Double.NEGATIVE_INFINITY;
        default -> Double.parseDouble(text);
      };
    }
  }

  /** The consecutive samples of one name. */
  static final class Family {
    final String name;
    final Map<String, String> comments = new LinkedHashMap<>();
    final List<Sample> samples = new ArrayList<>();

    Family(String name) {
      this.name = name;
    }

    String type() {
      return comments.getOrDefault("TYPE", "");
    }
  }

  private static final Pattern COMMENT =
      Pattern.compile("# (HELP|TYPE|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)");
  private static final Pattern HELP = Pattern.compile("([^\\\\]|\\\\[\\\\n])*");
  private static final Pattern OPEN_METRICS_HELP = Pattern.compile("([^\\\\\"]|\\\\[\\\\n\"])*");
  private static final Pattern NAME = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
  private static final Pattern LABEL =
      Pattern.compile("([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\]|\\\\[\\\\n\"])*)\"");
  private static final Pattern VALUE =
      Pattern.compile("[-+]?(?:[0-9]+(?:\\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|Inf)|NaN");
  private static final String END = "# EOF\n";

  private final Map<String, Family> families = new LinkedHashMap<>();
  private final boolean openMetrics;

  private Exposition(boolean openMetrics) {
    this.openMetrics = openMetrics;
  }

  /** Parses OpenMetrics 1.0, including its end mark. */
  static Exposition openMetrics(byte[] body) {
    String text = utf8(body);
    assertThat(isWhole(body)).as("ends with its mark: " + tail(text)).isTrue();
    return new Exposition(true).read(text.substring(0, text.length() - END.length()));
  }

  /** Parses Prometheus' text format 0.0.4. */
  static Exposition text(byte[] body) {
    return new Exposition(false).read(utf8(body));
  }

  /** Whether OpenMetrics' end mark is at the end. */
  static boolean isWhole(byte[] body) {
    return new String(body, StandardCharsets.ISO_8859_1).endsWith("\n" + END);
  }

  private static String utf8(byte[] body) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw new AssertionError("not UTF-8", e);
    }
  }

  private static String tail(String text) {
    return text.substring(Math.max(0, text.length() - 200));
  }

  private Exposition read(String text) {
    assertThat(text).endsWith("\n");
    Family current = null;
    for (String line : text.substring(0, text.length() - 1).split("\n", -1)) {
      try {
        current = line.startsWith("#") ? comment(line, current) : sample(line, current);
      } catch (IllegalArgumentException e) {
        throw new AssertionError(line, e);
      }
    }
    check();
    return this;
  }

  /** Starts a family: its comments come first, each of them once. */
  private Family comment(String line, @Nullable Family current) {
    Matcher matcher = COMMENT.matcher(line);
    require(matcher.matches(), "a comment of a known kind");
    String keyword = matcher.group(1);
    String name = matcher.group(2);
    String text = matcher.group(3);
    Family family = current;
    if (family == null || !family.name.equals(name)) {
      family = new Family(name);
      require(families.put(name, family) == null, "a family stands in one place");
    }
    require(family.samples.isEmpty(), "comments come before samples");
    require(family.comments.put(keyword, text) == null, "a comment comes once");
    switch (keyword) {
      case "TYPE" -> require(suffixes(text) != null, "a known type");
      case "HELP" ->
          require((openMetrics ? OPEN_METRICS_HELP : HELP).matcher(text).matches(), "escaped help");
      default -> require(openMetrics && name.endsWith("_" + text), "the unit ends the name");
    }
    return family;
  }

  /**
   * Returns the suffixes that a family's samples may have; null for a type that the format lacks.
   */
  private @Nullable Set<String> suffixes(String type) {
    return switch (type) {
      case "counter" -> openMetrics ? Set.of("_total", "_created") : Set.of("");
      case "gauge" -> Set.of("");
      case "unknown" -> openMetrics ? Set.of("") : null;
      case "untyped" -> openMetrics ? null : Set.of("");
      case "info" -> openMetrics ? Set.of("_info") : null;
      case "histogram" -> Set.of("_bucket", "_sum", "_count");
      case "summary" -> Set.of("", "_sum", "_count");
      default -> null;
    };
  }

  private Family sample(String line, @Nullable Family current) {
    if (current == null) {
      throw new IllegalArgumentException("a sample before any family's comments");
    }
    Matcher name = NAME.matcher(line);
    require(name.lookingAt(), "a name");
    int at = name.end();
    Map<String, String> labels = new LinkedHashMap<>();
    if (line.startsWith("{", at)) {
      at = labels(line, at + 1, labels);
    }
    require(line.startsWith(" ", at), "a space before the value");
    String value = line.substring(at + 1);
    require(VALUE.matcher(value).matches(), "a value, and no more");
    Set<String> suffixes = suffixes(current.type());
    require(
        suffixes != null
            && name.group().startsWith(current.name)
            && suffixes.contains(name.group().substring(current.name.length())),
        "a name that belongs to family " + current.name);
    current.samples.add(new Sample(name.group(), Map.copyOf(labels), value));
    return current;
  }

  private static int labels(String line, int from, Map<String, String> labels) {
    int at = from;
    Matcher matcher = LABEL.matcher(line);
    while (true) {
      require(matcher.find(at) && matcher.start() == at, "a label at column " + at);
      String value =
          Pattern.compile("\\\\(.)")
              .matcher(matcher.group(2))
              .replaceAll(
                  escape ->
                      Matcher.quoteReplacement(
                          escape.group(1).equals("n") ? "\n" : escape.group(1)));
      require(labels.put(matcher.group(1), value) == null, "a label comes once");
      at = matcher.end();
      if (line.startsWith("}", at)) {
        return at + 1;
      }
      require(line.startsWith(",", at), "a comma at column " + at);
      at++;
    }
  }

  private static void require(boolean condition, String what) {
    if (!condition) {
      throw new IllegalArgumentException("expected " + what);
    }
  }

  private void check() {
    Map<String, Family> owners = new HashMap<>();
    Set<Map.Entry<String, Map<String, String>>> series = new HashSet<>();
    for (Family family : families.values()) {
      assertThat(family.comments).as(family.name).containsKeys("HELP", "TYPE");
      for (Sample sample : family.samples) {
        Family owner = owners.putIfAbsent(sample.name, family);
        assertThat(owner == null || owner == family).as("one family has " + sample.name).isTrue();
        assertThat(series.add(Map.entry(sample.name, sample.labels)))
            .as("one series: " + sample)
            .isTrue();
        if (family.type().equals("counter")) {
          assertThat(sample.value() >= 0).as(sample.toString()).isTrue();
        }
      }
      if (family.type().equals("histogram")) {
        checkHistogram(family);
      }
    }
  }

  /**
   * Checks that each label set is in one place: buckets in order and cumulative, then sum and
   * count.
   */
  private static void checkHistogram(Family family) {
    Set<Map<String, String>> seen = new HashSet<>();
    int at = 0;
    while (at < family.samples.size()) {
      Map<String, String> labels = withoutLe(family.samples.get(at));
      assertThat(seen.add(labels)).as(family.name + labels).isTrue();
      double bound = Double.NEGATIVE_INFINITY;
      double count = 0;
      for (Sample bucket : family.samples.subList(at, family.samples.size())) {
        if (!bucket.labels.containsKey("le")) {
          break;
        }
        at++;
        assertThat(bucket.name).isEqualTo(family.name + "_bucket");
        assertThat(withoutLe(bucket)).isEqualTo(labels);
        double le = new Sample("", Map.of(), bucket.labels.getOrDefault("le", "")).value();
        assertThat(le).as(bucket.toString()).isGreaterThan(bound);
        assertThat(bucket.value()).as(bucket.toString()).isGreaterThanOrEqualTo(count);
        assertThat(bucket.text).matches("[0-9]+");
        bound = le;
        count = bucket.value();
      }
      assertThat(bound).as(family.name + labels).isPositive().isInfinite();
      assertThat(family.samples).as(family.name + labels).hasSizeGreaterThanOrEqualTo(at + 2);
      Sample sum = family.samples.get(at++);
      Sample total = family.samples.get(at++);
      assertThat(sum.name).isEqualTo(family.name + "_sum");
      assertThat(total.name).isEqualTo(family.name + "_count");
      assertThat(List.of(sum.labels, total.labels)).containsOnly(labels);
      assertThat(total.value()).as(total.toString()).isEqualTo(count);
    }
  }

  private static Map<String, String> withoutLe(Sample sample) {
    Map<String, String> labels = new HashMap<>(sample.labels);
    labels.remove("le");
    return labels;
  }

  /** Returns the families by the name in their comments, in the order of the exposition. */
  Map<String, Family> families() {
    return families;
  }

  /** Returns a family that must exist. */
  Family family(String name) {
    assertThat(families).containsKey(name);
    return families.getOrDefault(name, new Family(name));
  }

  /** Returns the samples of this name, whichever family has them. */
  List<Sample> samples(String name) {
    return families.values().stream()
        .flatMap(family -> family.samples.stream())
        .filter(sample -> sample.name.equals(name))
        .toList();
  }

  /**
   * Returns the sum of the samples of this name that have these labels, and maybe others; 0 if
   * there are none.
   */
  double sum(String name, Map<String, String> labels) {
    return samples(name).stream()
        .filter(sample -> sample.labels.entrySet().containsAll(labels.entrySet()))
        .mapToDouble(Sample::value)
        .sum();
  }
}
