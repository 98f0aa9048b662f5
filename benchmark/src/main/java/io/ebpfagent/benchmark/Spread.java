// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Several measurements of one thing. */
@SuppressWarnings("ArrayRecordComponent") // nobody else sees the array
record Spread(double[] sorted) {
  static Spread of(Collection<Double> values) {
    return new Spread(values.stream().mapToDouble(Double::doubleValue).sorted().toArray());
  }

  /** Of pairs of which each was measured one right after the other. */
  static Spread ofRatios(List<Double> above, List<Double> below) {
    return of(IntStream.range(0, above.size()).mapToObj(i -> above.get(i) / below.get(i)).toList());
  }

  double median() {
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** {@code median [min–max]}. */
  String text(int digits) {
    return text(digits, sorted[0], sorted[sorted.length - 1]);
  }

  /** {@code median [from–to]}, between which half of them are. */
  String halfText(int digits) {
    return text(digits, sorted[sorted.length / 4], sorted[sorted.length * 3 / 4]);
  }

  private String text(int digits, double from, double to) {
    String number = "%." + digits + "f";
    return String.format(
        Locale.ROOT, number + " [" + number + "–" + number + "]", median(), from, to);
  }
}
