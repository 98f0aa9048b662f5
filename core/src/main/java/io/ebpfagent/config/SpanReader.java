// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads {@code tracing}. */
final class SpanReader {
  private static final List<String> KEYS = List.of("name", "ringbuf", "service", "labels");

  private SpanReader() {}

  /** The spans in the file's order; what is wrong with them is reported. */
  static List<Span> read(YamlMap tracing) {
    tracing.allow(List.of("spans"));
    Map<String, String> pathByRingbuf = new HashMap<>();
    List<Span> spans = new ArrayList<>();
    for (YamlMap map : tracing.maps("spans")) {
      map.allow(KEYS);
      String ringbuf = map.requiredIdentifier("ringbuf");
      String first = ringbuf.isEmpty() ? null : pathByRingbuf.putIfAbsent(ringbuf, map.path());
      if (first != null) {
        map.problem("ringbuf", Suggestion.quote(ringbuf) + " is already read by " + first);
      }
      List<Label> labels = LabelReader.read(map, LabelReader.Owner.SPAN);
      if (labels.isEmpty() && map.list("labels").isEmpty()) {
        map.missing("labels", "needs at least one label");
      }
      spans.add(
          new Span(
              map.text("name").filter(name -> !name.isBlank()).orElse(ringbuf),
              ringbuf,
              map.text("service").filter(service -> !service.isBlank()).orElse(null),
              labels));
    }
    return spans;
  }
}
