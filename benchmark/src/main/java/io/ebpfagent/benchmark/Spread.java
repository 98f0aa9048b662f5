// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.util.Arrays;
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

  /** Without the tenth at either end, in which something else ran. */
  double trimmedMean() {
    return Arrays.stream(sorted, tenth(), sorted.length - tenth()).average().orElseThrow();
  }

  /** Of {@link #trimmedMean}: what is left out counts as what is next to it. */
  double standardError() {
    double mean = trimmedMean();
    double least = sorted[tenth()];
    double most = sorted[sorted.length - tenth() - 1];
    double squares =
        Arrays.stream(sorted)
            .map(value -> Math.clamp(value, least, most) - mean)
            .map(difference -> difference * difference)
            .sum();
    return Math.sqrt(squares / (sorted.length - 1.0) / sorted.length) / 0.8;
  }

  private int tenth() {
    return sorted.length / 10;
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
