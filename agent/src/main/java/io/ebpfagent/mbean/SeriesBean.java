// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import io.ebpfagent.metrics.ConfigMetric;
import java.util.List;
import javax.management.AttributeNotFoundException;
import javax.management.MBeanInfo;
import javax.management.openmbean.OpenMBeanAttributeInfo;
import javax.management.openmbean.OpenMBeanAttributeInfoSupport;
import javax.management.openmbean.OpenMBeanInfoSupport;

/** One series: a counter's value, or what is told of a histogram. */
final class SeriesBean extends ReadOnlyBean {
  private final MetricRows rows;
  private final List<Shown> shown;
  private final List<String> labels;

  /**
   * @param info of {@link #info}, one for all series of a metric
   */
  SeriesBean(MBeanInfo info, ConfigMetric metric, MetricRows rows, List<String> labels) {
    super(info);
    this.rows = rows;
    this.shown = Shown.of(metric.histogram());
    this.labels = labels;
  }

  static MBeanInfo info(ConfigMetric metric) {
    OpenMBeanAttributeInfo[] attributes =
        Shown.of(metric.histogram()).stream()
            .map(
                one ->
                    new OpenMBeanAttributeInfoSupport(
                        one.name(),
                        metric.histogram() ? one.description() : text(metric),
                        one.type(),
                        true,
                        false,
                        false))
            .toArray(OpenMBeanAttributeInfo[]::new);
    return new OpenMBeanInfoSupport(
        SeriesBean.class.getName(), text(metric), attributes, null, null, null);
  }

  /** JMX takes no empty descriptions. */
  static String text(ConfigMetric metric) {
    return metric.help().isBlank() ? metric.name() : metric.help();
  }

  @Override
  public Object getAttribute(String name) throws AttributeNotFoundException {
    for (Shown one : shown) {
      if (one.name().equals(name)) {
        Sample sample = rows.read().series().get(labels);
        if (sample == null) {
          throw new AttributeNotFoundException("the series is gone");
        }
        return one.value().apply(sample);
      }
    }
    throw new AttributeNotFoundException(name);
  }
}
