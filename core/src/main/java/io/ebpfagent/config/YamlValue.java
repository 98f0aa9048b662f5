// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
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
 * <p>A read that finds another type reports it and gives an empty value, so that reading goes on.
 */
record YamlValue(Node node, String path, Problems problems) {
  private static final Pattern FLOAT =
      Pattern.compile("[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]+)?");
  private static final int MAX_DIGITS = 64;
  private static final Set<String> TRUE = Set.of("true", "yes", "on", "y");
  private static final Set<String> FALSE = Set.of("false", "no", "off", "n");

  void problem(String message) {
    problems.add(YamlDocument.line(node), path, message);
  }

  private void expected(String what) {
    problem("must be " + what + ", found " + YamlDocument.kind(node));
  }

  private boolean isNull() {
    return node.getTag().equals(Tag.NULL);
  }

  boolean isList() {
    return node instanceof SequenceNode;
  }

  boolean isText() {
    return node instanceof ScalarNode && !isNull();
  }

  @Nullable YamlMap map() {
    if (node instanceof MappingNode mapping) {
      return YamlMap.of(mapping, path, problems);
    }
    expected("a mapping");
    return null;
  }

  /** The items, each with its index in its path. */
  List<YamlValue> list() {
    if (!(node instanceof SequenceNode sequence)) {
      expected("a list");
      return List.of();
    }
    List<YamlValue> items = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      items.add(new YamlValue(item, path + "[" + items.size() + "]", problems));
    }
    return items;
  }

  /** A scalar's text as it is written: 1, 0x0800 and true are text too. */
  Optional<String> text() {
    if (node instanceof ScalarNode scalar && isText()) {
      if (scalar.getValue().indexOf('\0') < 0) {
        return Optional.of(scalar.getValue());
      }
      problem("must not contain a NUL character");
    } else {
      expected("text");
    }
    return Optional.empty();
  }

  /** A whole number, or {@code otherwise} when it is none or out of range. */
  long whole(long min, long max, long otherwise) {
    BigInteger number = wholeNumber();
    if (number == null) {
      expected("a whole number");
      return otherwise;
    }
    if (number.compareTo(BigInteger.valueOf(min)) < 0
        || number.compareTo(BigInteger.valueOf(max)) > 0) {
      problem("must be from %d to %d, found %s".formatted(min, max, written()));
      return otherwise;
    }
    return number.longValue();
  }

  private @Nullable BigInteger wholeNumber() {
    String text = number().replace("_", "");
    String digits = text.startsWith("-") || text.startsWith("+") ? text.substring(1) : text;
    BigInteger magnitude;
    try {
      magnitude = magnitude(digits.toLowerCase(Locale.ROOT));
    } catch (NumberFormatException e) {
      // 20.0 and 1e3 are whole, too: the Go exporter's reader takes them.
      OptionalDouble real = real();
      if (real.isEmpty() || real.getAsDouble() != Math.rint(real.getAsDouble())) {
        return null;
      }
      return new BigDecimal(real.getAsDouble()).toBigInteger();
    }
    return text.startsWith("-") ? magnitude.negate() : magnitude;
  }

  private static BigInteger magnitude(String digits) {
    if (digits.startsWith("-") || digits.startsWith("+")) {
      throw new NumberFormatException();
    }
    if (digits.startsWith("0x")) {
      return unsigned(digits.substring(2), 16);
    }
    if (digits.startsWith("0b")) {
      return unsigned(digits.substring(2), 2);
    }
    if (digits.startsWith("0o")) {
      return unsigned(digits.substring(2), 8);
    }
    // As in Go and C, 010 is 8.
    return unsigned(digits, digits.length() > 1 && digits.startsWith("0") ? 8 : 10);
  }

  private static BigInteger unsigned(String digits, int radix) {
    if (digits.startsWith("-") || digits.startsWith("+")) {
      throw new NumberFormatException();
    }
    return new BigInteger(digits, radix);
  }

  /** A finite number; empty when it is none. */
  OptionalDouble decimal() {
    OptionalDouble real = real();
    if (real.isEmpty()) {
      expected("a number");
    }
    return real;
  }

  private OptionalDouble real() {
    String text = number().replace("_", "");
    if (!FLOAT.matcher(text).matches()) {
      return OptionalDouble.empty();
    }
    double value = Double.parseDouble(text);
    return Double.isFinite(value) ? OptionalDouble.of(value) : OptionalDouble.empty();
  }

  boolean flag() {
    String text = plain().toLowerCase(Locale.ROOT);
    if (!TRUE.contains(text) && !FALSE.contains(text)) {
      expected("true or false");
    }
    return TRUE.contains(text);
  }

  /** The scalar's text where it can be a number, else a text that is none. */
  private String number() {
    String text = plain();
    return text.length() > MAX_DIGITS ? "" : text;
  }

  /** A scalar's text unless it is quoted or a block, else an empty text. */
  private String plain() {
    return node instanceof ScalarNode scalar && scalar.isPlain() ? scalar.getValue() : "";
  }

  private String written() {
    return node instanceof ScalarNode scalar ? scalar.getValue() : "";
  }
}
