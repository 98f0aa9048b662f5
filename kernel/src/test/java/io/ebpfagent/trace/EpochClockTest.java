// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Instant;
import org.junit.jupiter.api.Test;

final class EpochClockTest {
  private static final long EPOCH = 1_700_000_000_000_000_000L;

  private long monotonic = 1_000;
  private long offset = EPOCH;

  /** How long each reading of the epoch takes. */
  private long[] delays = {100};

  private int readings;

  private final EpochClock clock =
      new EpochClock(
          () -> monotonic,
          () -> {
            monotonic += delays[readings % delays.length];
            long now = offset + monotonic;
            monotonic += delays[readings++ % delays.length];
            return now;
          });

  @Test
  void addsWhatWasMeasured() {
    assertThat(clock.toEpochNanos(500)).isEqualTo(EPOCH + 500);
    assertThat(clock.errorNanos()).isEqualTo(100);
  }

  @Test
  void takesTheTightestReading() {
    delays = new long[] {90_000, 30, 5_000};
    monotonic += 6_000_000_000L;
    clock.refresh();

    assertThat(clock.errorNanos()).isEqualTo(30);
    assertThat(clock.toEpochNanos(0)).isEqualTo(EPOCH);
  }

  @Test
  void measuresAgainAfterSomeSeconds() {
    offset += 250_000;
    monotonic += 1_000_000_000;
    clock.refresh();
    assertThat(clock.toEpochNanos(0)).isEqualTo(EPOCH);

    monotonic += 5_000_000_000L;
    clock.refresh();
    assertThat(clock.toEpochNanos(0)).isEqualTo(EPOCH + 250_000);
  }

  @Test
  void isRightOnThisMachine() {
    EpochClock real = new EpochClock();
    Instant before = Instant.now();
    long nanos = real.now();
    Instant after = Instant.now();

    assertThat(Instant.ofEpochSecond(0, nanos))
        .isBetween(before.minusNanos(real.errorNanos()), after.plusNanos(real.errorNanos()));
    assertThat(real.errorNanos()).isCloseTo(0, within(1_000_000L));
  }
}
