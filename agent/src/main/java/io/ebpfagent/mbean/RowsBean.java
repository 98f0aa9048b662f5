// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import io.ebpfagent.metrics.ConfigMetric;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.management.AttributeNotFoundException;
import javax.management.MBeanInfo;
import javax.management.openmbean.CompositeDataSupport;
import javax.management.openmbean.CompositeType;
import javax.management.openmbean.OpenDataException;
import javax.management.openmbean.OpenMBeanAttributeInfo;
import javax.management.openmbean.OpenMBeanAttributeInfoSupport;
import javax.management.openmbean.OpenMBeanInfoSupport;
import javax.management.openmbean.OpenType;
import javax.management.openmbean.SimpleType;
import javax.management.openmbean.TabularDataSupport;
import javax.management.openmbean.TabularType;

/** All series of a metric as one table: a column a label, then what is shown of each. */
final class RowsBean extends ReadOnlyBean {
  private static final String ROWS = "Rows";

  private final MetricRows rows;
  private final List<Shown> shown;
  private final CompositeType row;
  private final TabularType table;
  private final String[] columns;

  private RowsBean(
      MBeanInfo info,
      MetricRows rows,
      List<Shown> shown,
      CompositeType row,
      TabularType table,
      String[] columns) {
    super(info);
    this.rows = rows;
    this.shown = shown;
    this.row = row;
    this.table = table;
    this.columns = columns;
  }

  /** The table of a metric that has labels. */
  static RowsBean of(ConfigMetric metric, MetricRows rows) {
    List<Shown> shown = Shown.of(metric.histogram()).stream().filter(Shown::plain).toList();
    List<String> names = new ArrayList<>(metric.labels());
    List<String> descriptions = new ArrayList<>();
    List<OpenType<?>> types = new ArrayList<>();
    for (String label : metric.labels()) {
      descriptions.add("Label " + label + ".");
      types.add(SimpleType.STRING);
    }
    for (Shown one : shown) {
      String name = one.name();
      while (names.contains(name)) {
        // A label may be called so.
        name += "_";
      }
      names.add(name);
      descriptions.add(one.description());
      types.add(one.type());
    }
    String[] columns = names.toArray(String[]::new);
    try {
      CompositeType row =
          new CompositeType(
              metric.name(),
              SeriesBean.text(metric),
              columns,
              descriptions.toArray(String[]::new),
              types.toArray(OpenType<?>[]::new));
      TabularType table = Shown.table(metric.name(), row, metric.labels().toArray(String[]::new));
      OpenMBeanAttributeInfo[] attributes = {
        new OpenMBeanAttributeInfoSupport(ROWS, SeriesBean.text(metric), table, true, false, false)
      };
      MBeanInfo info =
          new OpenMBeanInfoSupport(
              RowsBean.class.getName(), SeriesBean.text(metric), attributes, null, null, null);
      return new RowsBean(info, rows, shown, row, table, columns);
    } catch (OpenDataException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Object getAttribute(String name) throws AttributeNotFoundException {
    if (!name.equals(ROWS)) {
      throw new AttributeNotFoundException(name);
    }
    TabularDataSupport data = new TabularDataSupport(table);
    for (Map.Entry<List<String>, Sample> series : rows.read().series().entrySet()) {
      List<Object> cells = new ArrayList<>(series.getKey());
      shown.forEach(one -> cells.add(one.value().apply(series.getValue())));
      try {
        data.put(new CompositeDataSupport(row, columns, cells.toArray()));
      } catch (OpenDataException e) {
        throw new IllegalStateException(e);
      }
    }
    return data;
  }
}
