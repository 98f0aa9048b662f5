// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A value of the file and its path.
 *
 * <p>Reading a value of another type reports a problem and returns an empty value, so that reading
 * goes on.
 */
public record YamlValue(Node node, String path, Problems problems) {
  /** As in Go and C, a leading zero means octal: 010 is 8. */
  private static final Pattern PREFIXED = Pattern.compile("([-+]?)0([xob]?)([0-9a-f]+)");

  private static final Pattern SHORT = Pattern.compile("0|[1-9][0-9]{0,17}");
  private static final Pattern DECIMAL =
      Pattern.compile("[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(e[-+]?[0-9]{1,4})?");
  private static final Set<String> TRUE = Set.of("true", "yes", "on", "y");
  private static final Set<String> FALSE = Set.of("false", "no", "off", "n");

  public void error(String message) {
    problems.error(YamlDocument.line(node), path, message);
  }

  void warning(String message) {
    problems.warning(YamlDocument.line(node), path, message);
  }

  private void expected(String what) {
    error("must be " + what + ", found " + kind());
  }

  /** Describes the value for messages. */
  String kind() {
    if (node instanceof ScalarNode scalar) {
      if (scalar.getTag().equals(Tag.NULL)) {
        return "nothing";
      }
      boolean text = !scalar.isPlain() || scalar.getTag().equals(Tag.STR);
      return text ? "text " + Suggestion.quote(scalar.getValue()) : scalar.getValue();
    }
    return node instanceof MappingNode ? "a mapping" : "a list";
  }

  public boolean isList() {
    return node instanceof SequenceNode;
  }

  boolean isText() {
    return node instanceof ScalarNode && !node.getTag().equals(Tag.NULL);
  }

  public @Nullable YamlMap map() {
    if (node instanceof MappingNode mapping) {
      return YamlMap.of(mapping, path, problems);
    }
    expected("a mapping");
    return null;
  }

  /** Returns the items; the path of each has its index. */
  public List<YamlValue> list() {
    List<YamlValue> items = new ArrayList<>();
    if (node instanceof SequenceNode sequence) {
      for (Node item : sequence.getValue()) {
        items.add(new YamlValue(item, path + "[" + items.size() + "]", problems));
      }
    } else {
      expected("a list");
    }
    return items;
  }

  /** Returns a scalar's text as it is written: 1, 0x0800 and true are text, too. */
  public Optional<String> text() {
    if (!(node instanceof ScalarNode scalar) || !isText()) {
      expected("text");
      return Optional.empty();
    }
    if (scalar.getValue().indexOf('\0') >= 0) {
      error("must not contain a NUL character");
      return Optional.empty();
    }
    return Optional.of(scalar.getValue());
  }

  /** Returns the text if it is one of some words; empty after reporting a problem. */
  public Optional<String> oneOf(Collection<String> words) {
    Optional<String> text = text();
    if (text.isPresent() && !words.contains(text.get())) {
      String nearest = Suggestion.of(text.get(), words);
      error("unknown type " + Suggestion.quote(text.get()) + ", " + nearest);
      return Optional.empty();
    }
    return text;
  }

  /**
   * Returns a whole number, or {@code otherwise} after reporting that it is not one or out of
   * range.
   */
  long whole(long min, long max, long otherwise) {
    String text = plain();
    if (SHORT.matcher(text).matches()) {
      // Nearly all numbers are short. The first use of BigDecimal takes 25 ms in a JVM that has
      // just started.
      long number = Long.parseLong(text);
      if (number >= min && number <= max) {
        return number;
      }
    }
    BigDecimal number = number();
    // 20.0 and 1e3 are whole numbers, too: the Go exporter's reader accepts them.
    if (number == null || number.stripTrailingZeros().scale() > 0) {
      expected("a whole number");
    } else if (number.compareTo(BigDecimal.valueOf(min)) < 0
        || number.compareTo(BigDecimal.valueOf(max)) > 0) {
      error("must be from %s to %s, found %s".formatted(min, max, kind()));
    } else {
      return number.longValue();
    }
    return otherwise;
  }

  /** Returns a finite number; empty after reporting that it is not one. */
  OptionalDouble decimal() {
    String text = plain().replace("_", "");
    double value = Double.NaN;
    if (!PREFIXED.matcher(text).matches()) {
      // As in whole(): nearly no number needs BigDecimal.
      value = DECIMAL.matcher(text).matches() ? Double.parseDouble(text) : value;
    } else {
      BigDecimal number = number();
      value = number == null ? value : number.doubleValue();
    }
    if (!Double.isFinite(value)) {
      expected("a number");
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(value);
  }

  private @Nullable BigDecimal number() {
    String text = plain().replace("_", "");
    Matcher prefixed = PREFIXED.matcher(text);
    if (prefixed.matches()) {
      int radix = prefixed.group(2).equals("x") ? 16 : prefixed.group(2).equals("b") ? 2 : 8;
      try {
        return new BigDecimal(new BigInteger(prefixed.group(1) + prefixed.group(3), radix));
      } catch (NumberFormatException e) {
        // 08 and 0e1 are decimal numbers.
      }
    }
    return DECIMAL.matcher(text).matches() ? new BigDecimal(text) : null;
  }

  public boolean flag() {
    if (!TRUE.contains(plain()) && !FALSE.contains(plain())) {
      expected("true or false");
    }
    return TRUE.contains(plain());
  }

  /**
   * Returns a plain scalar in lower case; empty for quoted and block scalars and for other nodes.
   */
  private String plain() {
    return node instanceof ScalarNode scalar && scalar.isPlain()
        ? scalar.getValue().toLowerCase(Locale.ROOT)
        : "";
  }
}
