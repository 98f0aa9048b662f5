// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.time.Duration;

/**
 * Limits of what clients may use.
 *
 * @param answers how many answers may be in progress at once, each with a thread and its page's
 *     memory; further requests wait
 * @param connections how many connections may be open; more than {@code answers}, so that some are
 *     always idle or waiting
 * @param patience how long an answer may wait for its client while other answers wait for a thread
 * @param stall how long an answer may make no progress before it is cut, even if no other one waits
 * @param header how long a request may take to arrive
 * @param idle how long a connection may be idle before it is closed
 * @param hang how long no answer may begin or end, while others wait, before the server counts as
 *     hung
 * @param tick how often stalled and idle connections are looked for
 */
record Limits(
    int answers,
    int connections,
    Duration patience,
    Duration stall,
    Duration header,
    Duration idle,
    Duration hang,
    Duration tick) {
  private static final int CONNECTIONS = 256;

  /**
   * Returns the limits for {@code answers} at once. Connections may be idle for longer than usual
   * scrape intervals.
   */
  static Limits of(int answers) {
    return new Limits(
        answers,
        Math.max(CONNECTIONS, 2 * answers),
        Duration.ofMillis(250),
        Duration.ofSeconds(10),
        Duration.ofSeconds(10),
        Duration.ofMinutes(5),
        Duration.ofMinutes(1),
        Duration.ofSeconds(1));
  }
}
