// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  private static Settings read(Map<String, String> texts) throws Settings.InvalidException {
    return Settings.read(texts::get);
  }

  @Test
  void withoutAnyMostKindsRun() throws Exception {
    Settings settings = read(Map.of());
    assertThat(settings.enabled()).isTrue();
    assertThat(settings.kernel()).isTrue();
    assertThat(settings.spans()).isEqualTo(Kind.DEFAULT);
    assertThat(settings.thresholds()).isEmpty();
    assertThat(settings.configDir()).isNull();
    assertThat(settings.configs()).isEmpty();
    assertThat(settings.metrics()).isTrue();
    assertThat(settings.mostSeries()).isEqualTo(1_000);
    assertThat(settings.mostThreads()).isEqualTo(16_384);
  }

  @Test
  void allCanBeSaid() throws Exception {
    Settings settings =
        read(
            Map.ofEntries(
                Map.entry("enabled", "FALSE"),
                Map.entry("context", "only"),
                Map.entry("spans.kinds", "off-cpu, tcp-connect"),
                Map.entry("spans.per-span", "7"),
                Map.entry("spans.per-second", "9"),
                Map.entry("threshold.run-queue", "100us"),
                Map.entry("threshold.off-cpu", "3"),
                Map.entry("config.dir", "/etc/spans"),
                Map.entry("configs", "mine"),
                Map.entry("metrics.enabled", "false"),
                Map.entry("metrics.max-series", "50")));
    assertThat(settings.enabled()).isFalse();
    assertThat(settings.kernel()).isFalse();
    assertThat(settings.spans()).containsExactly(Kind.OFF_CPU, Kind.TCP_CONNECT);
    assertThat(settings.perSpan()).isEqualTo(7);
    assertThat(settings.perSecond()).isEqualTo(9);
    assertThat(settings.thresholds())
        .isEqualTo(
            Map.of(Kind.RUN_QUEUE, Duration.ofNanos(100_000), Kind.OFF_CPU, Duration.ofMillis(3)));
    assertThat(settings.configDir()).hasToString("/etc/spans");
    assertThat(settings.configs()).isEqualTo(List.of("mine"));
    assertThat(settings.metrics()).isFalse();
    assertThat(settings.mostSeries()).isEqualTo(50);
  }

  @Test
  void whatIsNotWantedIsNeverLongEnough() throws Exception {
    Settings settings = read(Map.of("spans.kinds", "run-queue", "threshold.run-queue", "1"));
    assertThat(Kind.configs(settings.spans())).containsExactly("off-cpu");
    assertThat(settings.leastNanos())
        .containsEntry("run_queue_min_ns", 1_000_000L)
        .containsEntry("off_cpu_min_ns", -1L)
        .hasSize(Kind.ALL.size());
  }

  @Test
  void noneIsNoneAndAllAreAll() throws Exception {
    assertThat(read(Map.of("spans.kinds", "none")).spans()).isEmpty();
    assertThat(read(Map.of("spans.kinds", "all")).spans()).isEqualTo(Kind.ALL);
  }

  @ParameterizedTest
  @CsvSource({
    "off-cpu,5.10.0-35-amd64,true",
    "cpu-throttled,6.1.0-41-amd64,false",
    "block-io,6.5.0,true",
    "tcp-reset,6.2.16,false",
    "tcp-reset,6.3.0-rc1,true",
    "tcp-retransmit,6.18.44-fc-v782,true"
  })
  void someNeedANewerKernel(String kind, String release, boolean runs) {
    assertThat(Kind.of(kind).orElseThrow().runsOn(release)).isEqualTo(runs);
  }

  @ParameterizedTest
  @CsvSource({
    "spans.kinds,disk,'otel.ebpf.spans.kinds=disk: needs all, none, or some of'",
    "enabled,no,otel.ebpf.enabled=no: needs true or false",
    "metrics.enabled,0,otel.ebpf.metrics.enabled=0: needs true or false",
    "debug,yes,otel.ebpf.debug=yes: needs true or false",
    "context,all,otel.ebpf.context=all: needs kernel or only",
    "spans.per-span,-1,otel.ebpf.spans.per-span=-1: needs a whole number",
    "spans.per-second,many,otel.ebpf.spans.per-second=many: needs a whole number",
    "threshold.off-cpu,1h,otel.ebpf.threshold.off-cpu=1h: needs a duration",
    "threshold.off-cpu,soon,otel.ebpf.threshold.off-cpu=soon: needs a duration",
    "threshold.off-cpu,-5ms,otel.ebpf.threshold.off-cpu=-5ms: needs a duration"
  })
  void whatMeansNothingIsNamed(String name, String text, String message) {
    assertThatThrownBy(() -> read(Map.of(name, text)))
        .isInstanceOf(Settings.InvalidException.class)
        .hasMessageStartingWith(message);
  }
}
