// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RowShapeTest {
  private static final RowShape SHAPE = new RowShape("hits_total", 12, true, 64, 1L << 32, true);

  private static final String LINE =
      "name=hits_total key_size=12 value_size=8 per_cpu=true values=64 max_entries=4294967296"
          + " can_fill=true";

  @Test
  void isALineAndBack() {
    assertThat(SHAPE.line()).isEqualTo(LINE);
    assertThat(RowShape.parse(LINE)).isEqualTo(SHAPE);
  }

  @Test
  void ignoresWhatALaterVersionAdds() {
    assertThat(RowShape.parse("colour=red " + LINE + " huge_pages")).isEqualTo(SHAPE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "name=a",
        "name=a key_size=0 value_size=8 per_cpu=false values=1 max_entries=1 can_fill=false",
        "name=a key_size=x value_size=8 per_cpu=false values=1 max_entries=1 can_fill=false",
        "name=a key_size=4 value_size=4 per_cpu=false values=1 max_entries=1 can_fill=false",
        "name=a key_size=4 value_size=8 per_cpu=false values=-1 max_entries=1 can_fill=false",
        "name=a key_size=2000000000 value_size=8 per_cpu=false values=1 max_entries=1 can_fill=false"
      })
  void refusesWhatCannotBe(String line) {
    assertThatIllegalArgumentException().isThrownBy(() -> RowShape.parse(line));
  }
}
