// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import io.ebpfagent.config.Metric.BucketType;
import io.ebpfagent.config.Metric.Counter;
import io.ebpfagent.config.Metric.Histogram;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Valid files, and the records that are read from them. */
final class ConfigLoaderTest {
  private static final DecoderSpec UINT = DecoderSpec.of("uint");

  @Test
  void readsMetrics() throws Exception {
    Config config =
        TestConfig.load(
            "disks",
            """
            metrics:
              histograms:
                - name: bio_latency_seconds
                  help: Time from insertion to completion
                  bucket_type: exp2
                  bucket_min: 0
                  bucket_max: 27
                  bucket_multiplier: 0.000001 # microseconds
                  labels:
                    - name: device
                      size: 4
                      decoders:
                        - name: majorminor
                    - name: operation
                      size: 1
                      padding: 3
                      decoders:
                        - name: uint
                        - name: static_map
                          allow_unknown: true
                          static_map:
                            0: read
                            1: write
                    - name: bucket
                      size: 8
                      decoders:
                        - name: uint
              counters:
                - name: oom_kills_total
                  help: |
                    Killed,
                    by cgroup
                  perf_event_array: true
                  flush_interval: 10s
                  labels:
                    - name: cgroup_path
                      size: 8
                      decoders: [{name: uint}, {name: cgroup}]
                - {name: plain_total, help: No labels}
            """);
    Counter oomKills =
        new Counter(
            "oom_kills_total",
            "Killed,\nby cgroup\n",
            List.of(new Label("cgroup_path", 8, 0, List.of(UINT, DecoderSpec.of("cgroup")))),
            true,
            Duration.ofSeconds(10));
    Counter plain = new Counter("plain_total", "No labels", List.of(), false, Duration.ofHours(1));
    Histogram latency =
        new Histogram(
            "bio_latency_seconds",
            "Time from insertion to completion",
            List.of(
                new Label("device", 4, 0, List.of(DecoderSpec.of("majorminor"))),
                new Label(
                    "operation",
                    1,
                    3,
                    List.of(UINT, DecoderSpec.staticMap(Map.of("0", "read", "1", "write"), true))),
                new Label("bucket", 8, 0, List.of(UINT))),
            BucketType.EXP2,
            0,
            27,
            1e-6,
            List.of());
    assertThat(config.name()).isEqualTo("disks");
    assertThat(config.yaml()).isEqualTo("disks.yaml");
    assertThat(config.object().name()).isEqualTo("disks.bpf.o");
    assertThat(config.metrics()).containsExactly(oomKills, plain, latency);
    assertThat(config.spans()).isEmpty();
    assertThat(config.kaddrs()).isEmpty();
    assertThat(config.cgroupIdMap()).isEmpty();
  }

  @Test
  void readsSpansAndTheRest() throws Exception {
    Config config =
        TestConfig.load(
            """
            tracing:
              spans:
                - name: sched_migrate
                  ringbuf: sched_migrate_spans
                  service: sched
                  labels:
                    - name: trace_id
                      size: 16
                      decoders: [{name: hex}]
                    - name: cpu.orig
                      size: 4
                      decoders: [{name: uint}]
                - ringbuf: unnamed_spans
                  labels: [{name: span_name, size: 64, decoders: [{name: string}]}]
            kaddrs:
              - bpf_jit_current
              - bpf_jit_current
            cgroup_id_map:
              name: cgroups
              type: cgrp_storage
              regexps:
                - ^.*(system.slice/(.*))$
            """);
    assertThat(config.metrics()).isEmpty();
    assertThat(config.spans())
        .containsExactly(
            new Span(
                "sched_migrate",
                "sched_migrate_spans",
                "sched",
                List.of(
                    new Label("trace_id", 16, 0, List.of(DecoderSpec.of("hex"))),
                    new Label("cpu.orig", 4, 0, List.of(UINT)))),
            new Span(
                "unnamed_spans",
                "unnamed_spans",
                null,
                List.of(new Label("span_name", 64, 0, List.of(DecoderSpec.of("string"))))));
    assertThat(config.kaddrs()).containsExactly("bpf_jit_current");
    assertThat(config.cgroupIdMap())
        .contains(
            new CgroupIdMap(
                "cgroups",
                CgroupIdMap.Type.CGRP_STORAGE,
                List.of(Pattern.compile("^.*(system.slice/(.*))$"))));
  }

  @Test
  void readsDecodersWithSettings() throws Exception {
    assertThat(
            decoders(
                "{name: string}, {name: regexp, regexps: [^(kswapd).*$, '^.*$']},"
                    + " {name: btf_enum, enum: skb_drop_reason, trim: SKB_},"
                    + " {name: btf_enum, enum: e}"))
        .containsExactly(
            DecoderSpec.of("string"),
            DecoderSpec.regexp(List.of(Pattern.compile("^(kswapd).*$"), Pattern.compile("^.*$"))),
            DecoderSpec.btfEnum("skb_drop_reason", "SKB_"),
            DecoderSpec.btfEnum("e", ""));
  }

  static List<DecoderSpec> decoders(String decoders) throws ConfigException {
    return TestConfig.load(
            "metrics: {counters: [{name: a, help: h, labels: [{name: l, size: 8, decoders: [%s]}]}]}"
                .formatted(decoders))
        .metrics()
        .getFirst()
        .labels()
        .getFirst()
        .decoders();
  }

  @Test
  void readsBucketTypes() throws Exception {
    Histogram exp2 = histogram("bucket_type: exp2, bucket_max: 1023");
    assertThat(exp2.bucketType()).isEqualTo(BucketType.EXP2);
    assertThat(exp2.bucketMin()).isZero();
    assertThat(exp2.bucketMax()).isEqualTo(1023);
    assertThat(exp2.bucketMultiplier()).isEqualTo(1);
    assertThat(histogram("bucket_type: exp2zero, bucket_max: 1024").bucketType())
        .isEqualTo(BucketType.EXP2ZERO);
    Histogram linear = histogram("bucket_type: linear, bucket_min: 5, bucket_max: 4100");
    assertThat(linear.bucketType()).isEqualTo(BucketType.LINEAR);
    assertThat(linear.bucketMin()).isEqualTo(5);
    Histogram fixed = histogram("bucket_type: fixed, bucket_keys: [0, 1, 4.0, 1e3, 0x7fffffffff]");
    assertThat(fixed.bucketType()).isEqualTo(BucketType.FIXED);
    assertThat(fixed.bucketKeys()).containsExactly(0L, 1L, 4L, 1000L, 0x7fffffffffL);
  }

  static Histogram histogram(String keys) throws ConfigException {
    return (Histogram)
        TestConfig.load(
                ("metrics: {histograms: [{name: a, help: h, %s,"
                        + " labels: [{name: b, size: 4, decoders: [{name: uint}]}]}]}")
                    .formatted(keys))
            .metrics()
            .getFirst();
  }

  /** The label becomes {@code le}, whatever its name in the file. */
  @Test
  void theBucketMayHaveAnyName() throws Exception {
    Config config =
        TestConfig.load(
            """
            metrics:
              histograms:
                - name: a
                  help: h
                  bucket_type: linear
                  bucket_max: 4
                  labels:
                    - {name: kind, size: 4, decoders: [{name: uint}]}
                    - {name: le, size: 4, decoders: [{name: uint}]}
            """);
    assertThat(config.metrics().getFirst().labels()).extracting(Label::name).contains("le");
  }

  @Test
  void followsAnchorsAndMergeKeys() throws Exception {
    Config config =
        TestConfig.load(
            """
            metrics:
              counters:
                - &first
                  name: first_total
                  help: The first
                  labels: &labels
                    - &function {name: function, size: 8, decoders: &ksym [{name: ksym}]}
                - <<: *first
                  name: second_total
                - {<<: [{help: Inline}, *first], name: third_total}
                - name: fourth_total
                  help: Fourth
                  labels: [*function, {name: other, size: 8, decoders: *ksym}]
            """);
    assertThat(config.metrics())
        .extracting(Metric::name)
        .containsExactly("first_total", "second_total", "third_total", "fourth_total");
    assertThat(config.metrics())
        .extracting(Metric::help)
        .containsExactly("The first", "The first", "Inline", "Fourth");
    assertThat(config.metrics())
        .extracting(metric -> metric.labels().size())
        .containsExactly(1, 1, 1, 2);
  }

  @Test
  void readsOneDocumentWithItsMarkersAndCarriageReturns() throws Exception {
    String yaml = "%YAML 1.1\r\n---\r\nmetrics:\r\n  counters: [{name: a, help: h}]\r\n...\r\n";
    assertThat(TestConfig.load(yaml).metrics()).hasSize(1);
  }

  @Test
  void emptySectionsAreAbsent() throws Exception {
    Config config =
        TestConfig.load(
            """
            metrics:
              counters: [{name: a, help: h, labels: , flush_interval: }]
              histograms:
            tracing:
            kaddrs:
            cgroup_id_map:
            """);
    assertThat(config.metrics())
        .containsExactly(new Counter("a", "h", List.of(), false, Duration.ofHours(1)));
  }

  @Test
  void aCgroupIdMapIsAHashUnlessItSaysOtherwise() throws Exception {
    Config config =
        TestConfig.load(
            """
            metrics: {counters: [{name: a, help: h}]}
            cgroup_id_map: {name: m, regexps: [a]}
            """);
    assertThat(config.cgroupIdMap()).map(CgroupIdMap::type).contains(CgroupIdMap.Type.HASH);
  }
}
