// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.decode.LabelRow;
import io.prometheus.metrics.model.registry.MetricType;
import io.prometheus.metrics.model.snapshots.MetricFamilyDescriptor;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Collects families and their label names, but no samples. */
final class DescriptorSink implements SampleSink {
  private final List<MetricFamilyDescriptor> done = new ArrayList<>();
  private @Nullable Family family;
  private final Set<String> labels = new LinkedHashSet<>();

  @Override
  public void family(Family next) {
    endFamily();
    family = next;
  }

  @Override
  public void labels(LabelNames names) {
    labels.addAll(names.names());
  }

  @Override
  public void sample(LabelRow row, long value) {}

  @Override
  public void sample(LabelRow row, double value) {}

  @Override
  public void histogram(LabelRow row, Buckets buckets, long[] counts, int from, double sum) {}

  @Override
  public void dropPartial() {}

  List<MetricFamilyDescriptor> descriptors() {
    endFamily();
    return done;
  }

  private void endFamily() {
    if (family != null) {
      done.add(
          MetricFamilyDescriptor.of(
              type(family), new MetricMetadata(family.nameWithoutTotal(), family.help()), labels));
    }
    family = null;
    labels.clear();
  }

  private static MetricType type(Family family) {
    if (family.counterWithoutTotal()) {
      return MetricType.UNKNOWN;
    }
    return switch (family.type()) {
      case COUNTER -> MetricType.COUNTER;
      case GAUGE -> MetricType.GAUGE;
      case HISTOGRAM -> MetricType.HISTOGRAM;
    };
  }
}
