// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class YamlSyntaxTest {
  private static final String EMPTY = "test.yaml: the file is empty, it needs metrics or tracing";
  private static final String NO_METRICS =
      "test.yaml: no metrics and no tracing.spans, needs at least one";

  static Stream<Arguments> refused() {
    return Stream.of(
        arguments("", EMPTY),
        arguments("# only a comment\n", EMPTY),
        arguments("---\n", EMPTY),
        arguments("~", EMPTY),
        arguments("[1]", "test.yaml:1: must be a mapping with metrics or tracing, found a list"),
        arguments("\n5", "test.yaml:2: must be a mapping with metrics or tracing, found 5"),
        arguments(
            "some text",
            "test.yaml:1: must be a mapping with metrics or tracing, found text \"some text\""),
        arguments(
            "metrics:\n\tcounters: []\n",
            "test.yaml:2: not YAML, column 1: found character '\\t(TAB)' that cannot start any"
                + " token"),
        arguments(
            "@a",
            "test.yaml:1: not YAML, column 1: found character '@' that cannot start any token"),
        arguments(
            "metrics: {counters: [",
            "test.yaml:1: not YAML, column 22: expected the node content, but found '<stream"
                + " end>'"),
        arguments(
            "metrics:\n  counters: a: b\n",
            "test.yaml:2: not YAML, column 14: mapping values are not allowed here"),
        arguments(
            "metrics: *nowhere", "test.yaml:1: not YAML, column 10: found undefined alias nowhere"),
        arguments("'", "test.yaml:1: not YAML, column 2: found unexpected end of stream"),
        arguments(
            "%YAML 3.0\n---\n{}",
            "test.yaml:1: not YAML, column 1: found incompatible YAML document (version 1.* is"
                + " required)"),
        arguments(
            "metrics:\n  <<: 5\n",
            "test.yaml:2: metrics[\"<<\"]: must be a mapping or a list of mappings, found 5"),
        arguments("? {a: b}\n: c\n", "test.yaml:1: keys must be text, found a mapping"),
        arguments(
            "metrics: {}\nkaddrs: []\nmetrics: {}\n",
            "test.yaml:3: metrics: the key is there twice, first in line 1"),
        arguments("metrics:\n  a b\0", "test.yaml:2: not YAML: character U+0000 is not allowed"),
        arguments("# \u001b[31m", "test.yaml:1: not YAML: character U+001B is not allowed"),
        arguments(
            "# \ud83d\ude00\n\u0001", "test.yaml:2: not YAML: character U+0001 is not allowed"),
        arguments(
            "a: \"\\UFFFFFFFF\"",
            "test.yaml: not YAML: For input string: \"FFFFFFFF\" under radix 16"),
        arguments("metrics: {}", NO_METRICS),
        arguments("metrics: {counters: []}", NO_METRICS),
        arguments("metrics:\ntracing:\n", NO_METRICS),
        arguments("tracing: {spans: []}", NO_METRICS),
        arguments("kaddrs: [a]", NO_METRICS));
  }

  @ParameterizedTest
  @MethodSource
  void refused(String yaml, String message) {
    assertThat(TestConfig.messages(yaml)).containsExactly(message);
  }

  @Test
  void saysWhichByteIsNotUtf8() {
    byte[] latin1 = "metrics:\n  # caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(TestConfig.messages(latin1)).containsExactly("test.yaml:2: not UTF-8: byte 0xe9");
  }

  @Test
  void saysThatACharacterIsCutOff() {
    assertThat(TestConfig.messages(new byte[] {'#', (byte) 0xe2, (byte) 0x82}))
        .containsExactly("test.yaml:1: not UTF-8: byte 0xe2");
  }

  @Test
  void takesAByteOrderMark() throws Exception {
    Config config = TestConfig.load("\ufeffmetrics: {counters: [{name: a, help: h}]}");
    assertThat(config.metrics()).hasSize(1);
  }

  @Test
  void saysWhyAFileIsNotRead() throws IOException {
    try (InputStream directory = Files.newInputStream(Path.of("."))) {
      assertThatThrownBy(
              () -> ConfigLoader.load("a", "a.yaml", directory, new TestConfig.NoObject("a.bpf.o")))
          .isInstanceOf(ConfigException.class)
          .hasMessage("a.yaml: can't be read: Is a directory");
    }
  }

  /** No tag creates an object, whatever is on the class path. */
  @ParameterizedTest
  @ValueSource(
      strings = {"!!javax.script.ScriptEngineManager", "!!java.net.URL", "!mine", "!!binary"})
  void tagsAreNotRead(String tag) throws Exception {
    Config config =
        TestConfig.load("%s {metrics: {counters: [{name: %s a, help: h}]}}".formatted(tag, tag));
    assertThat(config.metrics()).extracting(Metric::name).containsExactly("a");
  }

  static Stream<Arguments> limits() {
    StringBuilder merges = new StringBuilder("m0: &m0 {a: 1}\n");
    for (int i = 1; i < 30; i++) {
      merges.append("m%d: &m%d {<<: [*m%d, *m%d]}\n".formatted(i, i, i - 1, i - 1));
    }
    String deep = "test.yaml: not YAML: Nesting Depth exceeded max 50";
    return Stream.of(
        arguments(
            "metrics: &a {counters: *a}",
            "test.yaml:1: metrics.counters: must be a list, found a mapping"),
        arguments("metrics: &a {<<: *a}", NO_METRICS),
        arguments(merges + "metrics: *m29", NO_METRICS),
        arguments(
            "k: &a []\nl: [" + "*a,".repeat(1_001) + "]",
            "test.yaml: not YAML: Number of aliases for non-scalar nodes exceeds the specified"
                + " max=1000"),
        arguments("[".repeat(100_000), deep),
        arguments("{a: ".repeat(100_000), deep),
        arguments("- ".repeat(100_000), deep),
        arguments("? ".repeat(100_000), deep),
        arguments("[?".repeat(100_000), deep));
  }

  @ParameterizedTest
  @MethodSource
  void limits(String yaml, String message) {
    assertThat(TestConfig.messages(yaml))
        .filteredOn(line -> !line.startsWith("WARNING"))
        .containsExactly(message);
  }

  /** Any text is either loaded or rejected, and each message is one line. */
  @Test
  void neverFailsInAnotherWay() {
    String alphabet = "{}[],:-?*&!|>'\"%@`#~ \n\t\\0xa<.";
    String valid =
        """
        metrics:
          counters: &c
            - {name: a, help: "x\\u0041", labels: [{name: l, size: 8, decoders: [{name: ksym}]}]}
          histograms: *c
        """;
    Random random = new Random(42);
    for (int i = 0; i < 5_000; i++) {
      StringBuilder text = new StringBuilder(i % 2 == 0 ? valid : "");
      for (int edits = 1 + random.nextInt(12); edits > 0; edits--) {
        char c = alphabet.charAt(random.nextInt(alphabet.length()));
        text.insert(random.nextInt(text.length() + 1), c);
        if (random.nextBoolean()) {
          text.deleteCharAt(random.nextInt(text.length()));
        }
      }
      for (String message : TestConfig.messages(text.toString())) {
        assertThat(message).as("%s", text).doesNotContain("\n");
      }
    }
  }
}
