// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Errors in labels and decoders, and in settings that only tracing and cgroup_id_map have. */
final class LabelRulesTest {
  static Stream<Arguments> labels() {
    return Stream.of(
        arguments("{size: 8, decoders: [{name: uint}]}", "[0].name: missing"),
        arguments("{name: '', size: 8, decoders: [{name: uint}]}", "[0].name: must not be empty"),
        arguments(
            "{name: a.b, size: 8, decoders: [{name: uint}]}",
            "[0].name: \"a.b\" must be a label name, [a-zA-Z_][a-zA-Z0-9_]*"),
        arguments(
            "{name: __a, size: 8, decoders: [{name: uint}]}",
            "[0].name: \"__a\" is reserved, label names don't begin with __"),
        arguments(
            "{name: l, size: 8, decoders: [{name: uint}]},"
                + " {name: l, size: 8, decoders: [{name: uint}]}",
            "[1].name: \"l\" is already the name of labels[0]"),
        arguments(
            "{name: a-b, size: 8, decoders: [{name: uint}]},"
                + " {name: a_b, size: 8, decoders: [{name: uint}]}",
            "[1].name: \"a_b\" is already the name of labels[0]"),
        arguments("{name: l, decoders: [{name: uint}]}", "[0].size: missing"),
        arguments(
            "{name: l, size: eight, decoders: [{name: uint}]}",
            "[0].size: must be a whole number, found text \"eight\""),
        arguments(
            "{name: l, size: '8', decoders: [{name: uint}]}",
            "[0].size: must be a whole number, found text \"8\""),
        arguments(
            "{name: l, size: 8.5, decoders: [{name: uint}]}",
            "[0].size: must be a whole number, found 8.5"),
        arguments(
            "{name: l, size: [8], decoders: [{name: uint}]}",
            "[0].size: must be a whole number, found a list"),
        arguments(
            "{name: l, size: 0, decoders: [{name: uint}]}",
            "[0].size: must be from 1 to 1048576, found 0"),
        arguments(
            "{name: l, size: 99999999999999999999, decoders: [{name: uint}]}",
            "[0].size: must be from 1 to 1048576, found 99999999999999999999"),
        arguments(
            "{name: l, size: 1, padding: -3, decoders: [{name: uint}]}",
            "[0].padding: must be from 0 to 1048576, found -3"),
        arguments(
            "{name: l, size: 1000000, padding: 1000000, decoders: [{name: hex}]}",
            ": too many bytes: 2000000, at most 1048576"),
        arguments("{name: l, size: 8}", "[0].decoders: missing, needs at least one decoder"),
        arguments("{name: l, size: 8, decoders: []}", "[0].decoders: needs at least one decoder"),
        arguments(
            "{name: l, size: 8, decoders: uint}",
            "[0].decoders: must be a list, found text \"uint\""),
        arguments("l", "[0]: must be a mapping, found text \"l\""));
  }

  @ParameterizedTest
  @MethodSource
  void labels(String labels, String message) {
    String yaml = "metrics: {counters: [{name: a, help: h,\n labels: [%s]}]}".formatted(labels);
    assertThat(TestConfig.messages(yaml))
        .containsExactly("test.yaml:2: metrics.counters[0].labels" + message);
  }

  static Stream<Arguments> decoders() {
    return Stream.of(
        arguments("uint", "[1]: must be a mapping, found text \"uint\""),
        arguments("{}", "[1].name: missing"),
        arguments("{name: ''}", "[1].name: must not be empty"),
        arguments("{name: []}", "[1].name: must be text, found a list"),
        arguments("{name: uint64}", "[1].name: unknown decoder \"uint64\", did you mean \"uint\"?"),
        arguments(
            "{name: xyz}",
            "[1].name: unknown decoder \"xyz\", known here: btf_enum, cgroup, dname, errno, hex,"
                + " ifname, inet_ip, kstack, ksym, majorminor, pci_class, pci_device,"
                + " pci_subclass, pci_vendor, regexp, static_map, string, syscall, uint"),
        arguments("{name: static_map}", "[1].static_map: missing, needs at least one entry"),
        arguments("{name: static_map, static_map: {}}", "[1].static_map: needs at least one entry"),
        arguments(
            "{name: static_map, static_map: [a]}",
            "[1].static_map: must be a mapping, found a list"),
        arguments(
            "{name: static_map, static_map: {a b: [x]}}",
            "[1].static_map[\"a b\"]: must be text, found a list"),
        arguments(
            "{name: static_map, static_map: {1: a, '1': b}}",
            "[1].static_map.1: the key is there twice, first in line 2"),
        arguments(
            "{name: static_map, static_map: {1: a}, allow_unknown: 2}",
            "[1].allow_unknown: must be true or false, found 2"),
        arguments("{name: regexp}", "[1].regexps: missing, needs at least one pattern"),
        arguments("{name: regexp, regexps: []}", "[1].regexps: needs at least one pattern"),
        arguments("{name: regexp, regexps: a}", "[1].regexps: must be a list, found text \"a\""),
        arguments("{name: regexp, regexps: [{}]}", "[1].regexps[0]: must be text, found a mapping"),
        arguments(
            "{name: regexp, regexps: [ok, '(']}",
            "[1].regexps[1]: not a regular expression of RE2: \"(\": missing closing )"),
        arguments(
            "{name: regexp, regexps: ['a(?=b)']}",
            "[1].regexps[0]: not a regular expression of RE2: \"a(?=b)\": invalid or unsupported"
                + " Perl syntax"),
        arguments("{name: btf_enum}", "[1].enum: missing"));
  }

  @ParameterizedTest
  @MethodSource
  void decoders(String decoder, String message) {
    String yaml =
        "metrics: {counters: [{name: a, help: h, labels: [{name: l, size: 8, decoders:\n"
            + "[{name: uint}, %s]}]}]}".formatted(decoder);
    assertThat(TestConfig.messages(yaml))
        .containsExactly("test.yaml:2: metrics.counters[0].labels[0].decoders" + message);
  }

  @ParameterizedTest
  @CsvSource({
    "uint, 3, '1, 2, 4 or 8'",
    "uint, 16, '1, 2, 4 or 8'",
    "inet_ip, 6, 4 or 16",
    "ifname, 2, 4 or more",
    "majorminor, 3, 4 or more",
    "ksym, 4, 8 or more",
    "kstack, 12, a multiple of 8",
  })
  void aFirstDecoderTakesSomeSizesOnly(String decoder, int size, String takes) {
    assertThat(TestConfig.messages(label(decoder, size)))
        .containsExactly(
            "test.yaml:1: metrics.counters[0].labels[0].size: %s takes %s bytes, found %d"
                .formatted(decoder, takes, size));
  }

  @ParameterizedTest
  @CsvSource({
    "uint, 1",
    "uint, 2",
    "uint, 4",
    "uint, 8",
    "inet_ip, 4",
    "inet_ip, 16",
    "ifname, 4",
    "ifname, 8",
    "majorminor, 4",
    "majorminor, 7",
    "ksym, 8",
    "ksym, 12",
    "kstack, 160",
    "string, 13",
    "hex, 3",
    "dname, 255"
  })
  void aFirstDecoderTakesItsSizes(String decoder, int size) {
    assertThat(TestConfig.messages(label(decoder, size))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "cgroup",
    "errno",
    "pci_class",
    "pci_device",
    "pci_subclass",
    "pci_vendor",
    "syscall"
  })
  void someDecodersNeedANumberBeforeThem(String decoder) {
    assertThat(TestConfig.messages(label(decoder, 8)))
        .containsExactly(
            "test.yaml:1: metrics.counters[0].labels[0].decoders: %s takes a decimal number, put uint before it"
                .formatted(decoder));
  }

  private static String label(String decoder, int size) {
    return "metrics: {counters: [{name: a, help: h, labels: [{name: l, size: %d, decoders: [{name: %s}]}]}]}"
        .formatted(size, decoder);
  }

  static Stream<Arguments> spans() {
    String label = "labels: [{name: a.b, size: 4, decoders: [{name: uint}]}]";
    return Stream.of(
        arguments("spans: {}", "spans: must be a list, found a mapping"),
        arguments("spans: [{" + label + "}]", "spans[0].ringbuf: missing"),
        arguments(
            "spans: [{ringbuf: a.b, " + label + "}]",
            "spans[0].ringbuf: \"a.b\" must be a map's name, [a-zA-Z_][a-zA-Z0-9_]*"),
        arguments("spans: [{ringbuf: r}]", "spans[0].labels: needs at least one label"),
        arguments(
            "spans: [{ringbuf: r, service: [], " + label + "}]",
            "spans[0].service: must be text, found a list"),
        arguments(
            "spans: [{ringbuf: r, " + label + "}, {ringbuf: r, " + label + "}]",
            "spans[1].ringbuf: \"r\" is already read by tracing.spans[0]"),
        arguments(
            "spans: [{ringbuf: r, labels: [{name: '', size: 1, decoders: [{name: uint}]}]}]",
            "spans[0].labels[0].name: must not be empty"),
        arguments(
            "spans: [{ringbuf: r, labels: [{name: a.b, size: 1, decoders: [{name: uint}]},"
                + " {name: a.b, size: 1, decoders: [{name: uint}]}]}]",
            "spans[0].labels[1].name: \"a.b\" is already the name of labels[0]"),
        arguments(
            "spans: [{ringbuf: r, labels: [{name: trace_id, size: 8, decoders: [{name: hex}]}]}]",
            "spans[0].labels[0].size: trace_id takes 16 bytes, found 8"),
        arguments(
            "spans: [{ringbuf: r, labels: [{name: span_id, size: 16, decoders: [{name: hex}]}]}]",
            "spans[0].labels[0].size: span_id takes 8 bytes, found 16"),
        arguments(
            "spans: [{ringbuf: r, labels: [{name: parent_span_id, size: 4, decoders: [{name:"
                + " hex}]}]}]",
            "spans[0].labels[0].size: parent_span_id takes 8 bytes, found 4"));
  }

  @ParameterizedTest
  @MethodSource
  void spans(String tracing, String message) {
    assertThat(TestConfig.messages("tracing: {" + tracing + "}"))
        .containsExactly("test.yaml:1: tracing." + message);
  }

  static Stream<Arguments> others() {
    return Stream.of(
        arguments("kaddrs: a", "kaddrs: must be a list, found text \"a\""),
        arguments("kaddrs: [[]]", "kaddrs[0]: must be text, found a list"),
        arguments(
            "kaddrs: [a.isra.0]",
            "kaddrs[0]: \"a.isra.0\" must be a symbol, [a-zA-Z_][a-zA-Z0-9_]*"),
        arguments("cgroup_id_map: 5", "cgroup_id_map: must be a mapping, found 5"),
        arguments("cgroup_id_map: {regexps: [a]}", "cgroup_id_map.name: missing"),
        arguments(
            "cgroup_id_map: {name: m}",
            "cgroup_id_map.regexps: missing, needs at least one pattern"),
        arguments(
            "cgroup_id_map: {name: m, regexps: [a], type: hsh}",
            "cgroup_id_map.type: unknown type \"hsh\", did you mean \"hash\"?"),
        arguments(
            "cgroup_id_map: {name: m, regexps: [a], type: array}",
            "cgroup_id_map.type: unknown type \"array\", known here: hash, cgrp_storage"));
  }

  @ParameterizedTest
  @MethodSource
  void others(String yaml, String message) {
    assertThat(TestConfig.messages("metrics: {counters: [{name: a, help: h}]}\n" + yaml))
        .containsExactly("test.yaml:2: " + message);
  }
}
