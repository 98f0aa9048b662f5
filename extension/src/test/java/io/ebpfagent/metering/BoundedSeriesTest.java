// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metering;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BoundedSeriesTest {
  private final BoundedSeries<Long> series = new BoundedSeries<>(2, Long::sum);

  private static Attributes named(String name) {
    return Attributes.of(AttributeKey.stringKey("name"), name);
  }

  private Map<Attributes, Long> read(String... names) {
    return series.read(
        reading -> {
          for (int i = 0; i < names.length; i++) {
            reading.add(named(names[i]), 1L << i);
          }
        });
  }

  @Test
  void whatHasNoPlaceIsAddedUp() {
    assertThat(read("a", "b", "c", "d"))
        .isEqualTo(Map.of(named("a"), 1L, named("b"), 2L, BoundedSeries.OVERFLOW, 12L));
    assertThat(series.leftOut()).isEqualTo(2);
  }

  @Test
  void whatWasThereKeepsItsPlace() {
    read("a", "b");
    assertThat(read("x", "b", "y", "a"))
        .isEqualTo(Map.of(named("b"), 2L, named("a"), 8L, BoundedSeries.OVERFLOW, 5L));
    // One that went leaves its place to another.
    read("a");
    assertThat(read("c", "a")).isEqualTo(Map.of(named("c"), 1L, named("a"), 2L));
    assertThat(series.leftOut()).isZero();
  }

  @Test
  void theFirstOfTwoAlikeStays() {
    assertThat(read("a", "a", "b")).isEqualTo(Map.of(named("a"), 1L, named("b"), 4L));
  }
}
