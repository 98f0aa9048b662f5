// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SuggestionTest {
  private static final List<String> KNOWN =
      List.of("name", "help", "labels", "bucket_min", "bucket_max", "static_map");

  @ParameterizedTest
  @CsvSource({
    "lables, labels",
    "label, labels",
    "Name, name",
    "hepl, help",
    "bucket_mn, bucket_min",
    "bucket_max_, bucket_max",
    "static, static_map",
    "labels_of_it, labels",
  })
  void findsTheNearest(String text, String nearest) {
    assertThat(Suggestion.of(text, KNOWN)).isEqualTo("did you mean \"" + nearest + "\"?");
  }

  @ParameterizedTest
  @CsvSource({"x", "programs", "''", "na", "t2"})
  void listsAllWhenNoneIsNear(String text) {
    String all = "known here: name, help, labels, bucket_min, bucket_max, static_map";
    assertThat(Suggestion.of(text, KNOWN)).isEqualTo(all);
  }

  @Test
  void countsANeighbourSwapOnce() {
    assertThat(Suggestion.distance("lables", "labels")).isEqualTo(1);
    assertThat(Suggestion.distance("", "abc")).isEqualTo(3);
    assertThat(Suggestion.distance("kitten", "sitting")).isEqualTo(3);
  }

  @Test
  void quotesOnOneLineAndShort() {
    assertThat(Suggestion.quote("a\nb\tc\rd")).isEqualTo("\"a\\nb\\tc\\rd\"");
    assertThat(Suggestion.quote("x".repeat(1000))).hasSize(83).endsWith("x…\"");
  }
}
