// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import javax.management.openmbean.CompositeDataSupport;
import javax.management.openmbean.CompositeType;
import javax.management.openmbean.OpenDataException;
import javax.management.openmbean.OpenType;
import javax.management.openmbean.SimpleType;
import javax.management.openmbean.TabularDataSupport;
import javax.management.openmbean.TabularType;

/**
 * Something that is shown of a sample, as an attribute of its MBean or in a column.
 *
 * @param description in a few words
 * @param plain whether it is a number, which has room in a column
 */
record Shown(
    String name,
    String description,
    OpenType<?> type,
    boolean plain,
    Function<Sample, Object> value) {
  private static final String BOUND = "UpperBound";
  private static final String COUNT = "Count";
  private static final CompositeType BUCKET = bucketType();
  private static final TabularType BUCKETS = table("Buckets", BUCKET, BOUND);

  private static final List<Shown> COUNTER =
      List.of(
          new Shown(
              "Value",
              "The count.",
              SimpleType.LONG,
              true,
              sample -> ((Sample.Count) sample).shown()));

  private static final List<Shown> HISTOGRAM = histogram();

  /** What is shown of a counter or a histogram. */
  static List<Shown> of(boolean histogram) {
    return histogram ? HISTOGRAM : COUNTER;
  }

  private static List<Shown> histogram() {
    List<Shown> all = new ArrayList<>();
    all.add(
        new Shown(
            COUNT,
            "How many there were.",
            SimpleType.LONG,
            true,
            sample -> ((Sample.Distribution) sample).count()));
    all.add(number("Sum", "Their sum.", Sample.Distribution::sum));
    all.add(number("Mean", "Their mean.", Sample.Distribution::mean));
    for (String digits : List.of("50", "75", "90", "95", "99", "999")) {
      double part = Double.parseDouble("0." + digits);
      String description =
          String.format(Locale.ROOT, "What %.1f %% are below, linear within a bucket.", part * 100);
      all.add(number("P" + digits, description, of -> of.quantile(part)));
    }
    all.add(
        new Shown(
            "Buckets",
            "How many there were up to each bound and above the one before.",
            BUCKETS,
            false,
            sample -> buckets((Sample.Distribution) sample)));
    return List.copyOf(all);
  }

  private static Shown number(
      String name, String description, ToDoubleFunction<Sample.Distribution> value) {
    return new Shown(
        name,
        description,
        SimpleType.DOUBLE,
        true,
        sample -> value.applyAsDouble((Sample.Distribution) sample));
  }

  private static CompositeType bucketType() {
    try {
      return new CompositeType(
          "Bucket",
          "How many there were in a bucket.",
          new String[] {BOUND, COUNT},
          new String[] {"The bucket's upper bound.", "How many there were."},
          new OpenType<?>[] {SimpleType.DOUBLE, SimpleType.LONG});
    } catch (OpenDataException e) {
      throw new IllegalStateException(e);
    }
  }

  static TabularType table(String name, CompositeType row, String... index) {
    try {
      return new TabularType(name, row.getDescription(), row, index);
    } catch (OpenDataException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Object buckets(Sample.Distribution distribution) {
    TabularDataSupport table = new TabularDataSupport(BUCKETS);
    try {
      for (int i = 0; i < distribution.bounds().length; i++) {
        table.put(
            new CompositeDataSupport(
                BUCKET, Map.of(BOUND, distribution.bounds()[i], COUNT, distribution.counts()[i])));
      }
    } catch (OpenDataException e) {
      throw new IllegalStateException(e);
    }
    return table;
  }
}
