// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class UnknownSettingsTest {
  private static final Set<String> KNOWN = Set.of("spans.kinds", "spans.per-span", "debug");

  @Test
  void whatIsMisspelledIsNamedWithWhatWasMeant() {
    assertThat(
            UnknownSettings.lines(
                List.of("otel.ebpf.spans.kind", "otel.ebpf.zzz", "otel.service.name"),
                List.of("OTEL_EBPF_SPANS_PER_SPANS", "PATH"),
                null,
                KNOWN))
        .containsExactly(
            "otel.ebpf.spans.kind: there is no such setting, did you mean otel.ebpf.spans.kinds?",
            "otel.ebpf.zzz: there is no such setting",
            "the variable OTEL_EBPF_SPANS_PER_SPANS: there is no such setting, did you mean"
                + " otel.ebpf.spans.per-span?");
  }

  @Test
  void allThatOpenTelemetryTakesIsKnown() {
    assertThat(
            UnknownSettings.lines(
                List.of("otel.ebpf.spans.kinds", "otel.ebpf.spans.per.span", "otel.ebpf.Debug"),
                List.of("OTEL_EBPF_SPANS_PER_SPAN", "OTEL_EBPF_DEBUG"),
                null,
                KNOWN))
        .isEmpty();
  }
}
