// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.ebpfagent.standalone.OtlpReceiver.Received;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A process that needs more CPU time than its cgroup may use. */
@GuestTest
class ThrottlingVM {
  private static final ParentSpan PARENT = ParentSpan.SAMPLED;
  private static final long PERIOD_MICROS = 100_000;
  private static final long QUOTA_MICROS = 20_000;
  private static final int ENOUGH = 10;
  private static final String HISTOGRAM = "ebpf_exporter_cfs_throttling_seconds";

  @Test
  void theTimesItIsHeldBackAreSpansAndAHistogram() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        ExporterProcess exporter =
            ExporterProcess.start(
                receiver.environment(), "--config.names=cfs-throttling,cfs-throttling-trace");
        Cgroup cgroup = Cgroup.make("throttled");
        KernelMap traced = KernelMap.named("traced_cgroups")) {
      cgroup.set("cpu.max", QUOTA_MICROS + " " + PERIOD_MICROS);
      traced.put(ParentSpan.key(cgroup.id()), PARENT.context());
      Process busy = cgroup.start("while :; do :; done");
      receiver.await(ENOUGH, Received.named("cfs_throttle"));
      // Without a limit nothing is throttled, so the figures no longer change.
      cgroup.set("cpu.max", "max " + PERIOD_MICROS);
      busy.destroyForcibly().waitFor();

      Map<String, String> labels = Map.of("cgroup", cgroup.path());
      int count = (int) exporter.scrape().sum(HISTOGRAM + "_count", labels);
      List<Received> spans = receiver.await(count, Received.named("cfs_throttle"));
      assertThat(spans)
          .hasSize(count)
          .allSatisfy(
              span -> {
                assertThat(span.traceId()).isEqualTo(PARENT.traceId());
                assertThat(span.parentSpanId()).isEqualTo(PARENT.spanId());
                assertThat(span.service()).isEqualTo("kernel");
                assertThat(span.attributes())
                    .containsEntry("ebpf_exporter.config", "cfs-throttling-trace")
                    .hasEntrySatisfying("kstack", stack -> assertThat(stack).contains("cfs"));
              });

      // The kernel's own sum of the same times, which it reads a few instructions later.
      long micros = spans.stream().mapToLong(span -> span.end() - span.start()).sum() / 1_000;
      long slack = count * 1_000L;
      assertThat(micros).isCloseTo(cgroup.figure("cpu.stat", "throttled_usec"), within(slack));
      exporter.stop();
    }
  }
}
