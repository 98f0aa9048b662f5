// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.time.Duration;

/**
 * What clients may take.
 *
 * @param answers as many are under way at once, each with a thread and what the page holds
 *     meanwhile; others wait their turn
 * @param connections as many are open; more than {@code answers}, so that some are always idle or
 *     wait
 * @param patience for as long an answer may wait for its client while other answers wait for it
 * @param stall without progress for this long an answer is cut, though no other waits
 * @param header a request that takes longer to arrive is no request
 * @param idle a connection on which nothing happens for this long is closed
 * @param hang when answers take longer, and others wait for them, the server doesn't work
 * @param tick how often it is looked who stalls, or is idle
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
   * For {@code answers} at once. Connections may be silent for longer than scrape intervals are.
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
