// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.demo;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The spans of one trace.
 *
 * @param spans in the order of their beginnings; one is the first
 */
record Trace(List<ReceivedSpan> spans) {
  /** What is worth the space in a line of the tree. */
  private static final Set<String> SHOWN =
      Set.of(
          "disk.io.direction",
          "ebpf.block.bytes",
          "ebpf.file.bytes",
          "ebpf.file.syscall",
          "ebpf.wait.for",
          "ebpf.wait.io",
          "ebpf.wait.syscall",
          "file.path",
          "http.response.status_code",
          "network.peer.port",
          "system.device",
          "url.path");

  Trace {
    spans = spans.stream().sorted(Comparator.comparingLong(ReceivedSpan::start)).toList();
  }

  ReceivedSpan first() {
    return spans.stream().filter(ReceivedSpan::isFirst).findFirst().orElseThrow();
  }

  /** As a tree, in milliseconds from the trace's beginning. */
  String tree() {
    StringBuilder text = new StringBuilder();
    text.append(
        "%-58s %-8s %9s %9s%n".formatted("trace " + first().traceId(), "", "at", "took ms"));
    append(first(), "", "", text);
    return text.toString();
  }

  private void append(ReceivedSpan span, String branch, String below, StringBuilder text) {
    text.append(
        String.format(
            Locale.ROOT,
            "%-58s %-8s %9.2f %9.2f  %s%n",
            shortened(branch + span.name()),
            span.kind(),
            (span.start() - first().start()) / 1e6,
            span.millis(),
            details(span)));
    List<ReceivedSpan> children =
        spans.stream().filter(child -> child.parentId().equals(span.id())).toList();
    for (int i = 0; i < children.size(); i++) {
      boolean last = i == children.size() - 1;
      append(children.get(i), below + (last ? "└─ " : "├─ "), below + (last ? "   " : "│  "), text);
    }
  }

  private static String shortened(String name) {
    return name.length() > 58 ? name.substring(0, 57) + "…" : name;
  }

  private static String details(ReceivedSpan span) {
    Map<String, String> shown = new TreeMap<>(span.attributes());
    shown.keySet().retainAll(SHOWN);
    return shown.entrySet().stream()
        .map(entry -> entry.getKey().replaceFirst(".*\\.", "") + "=" + entry.getValue())
        .collect(Collectors.joining(" "));
  }

  /** As Zipkin's {@code POST /api/v2/spans} takes it. */
  String zipkin() {
    return spans.stream().map(Trace::zipkin).collect(Collectors.joining(",\n", "[", "]\n"));
  }

  private static String zipkin(ReceivedSpan span) {
    String kind =
        switch (span.kind()) {
          case "server", "client" ->
              "\"kind\":\"%s\",".formatted(span.kind().toUpperCase(Locale.ROOT));
          default -> "";
        };
    String parent = span.isFirst() ? "" : "\"parentId\":\"%s\",".formatted(span.parentId());
    String tags =
        span.attributes().entrySet().stream()
            .map(entry -> text(entry.getKey()) + ":" + text(entry.getValue()))
            .collect(Collectors.joining(",", "{", "}"));
    return "{\"traceId\":\"%s\",\"id\":\"%s\",%s%s\"name\":%s,\"timestamp\":%d,\"duration\":%d,\"localEndpoint\":{\"serviceName\":\"%s\"},\"tags\":%s}"
        .formatted(
            span.traceId(),
            span.id(),
            parent,
            kind,
            text(span.name()),
            span.start() / 1_000,
            Math.max(1, (span.end() - span.start()) / 1_000),
            span.isKernels() ? "kernel" : "shop",
            tags);
  }

  private static String text(String value) {
    return '"'
        + value.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", " ")
        + '"';
  }
}
