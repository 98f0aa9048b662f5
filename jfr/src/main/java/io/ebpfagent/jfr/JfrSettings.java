// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import java.time.Duration;

/**
 * What is worth an event.
 *
 * @param slowOffCpu how long a thread must have been off CPU
 * @param slowBlockIo how long a block request must have taken
 * @param mostPerSecond how many events of each type are written a second at most; how many more
 *     there were, an event says
 */
public record JfrSettings(Duration slowOffCpu, Duration slowBlockIo, int mostPerSecond) {
  public static final JfrSettings DEFAULT =
      new JfrSettings(Duration.ofMillis(20), Duration.ofMillis(10), 1_000);
}
