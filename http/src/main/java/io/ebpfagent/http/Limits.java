// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.time.Duration;

/**
 * What a client may take.
 *
 * @param answers as many are under way at once, each with a thread; others wait their turn
 * @param connections as many are open; above {@code answers}, so that some always are idle or wait
 * @param patience for as long a client that reads nothing may make one other wait; the more wait,
 *     the shorter
 * @param stall after this long without progress an answer is cut, though nobody waits
 * @param header a request that takes longer to arrive is no request
 * @param idle a connection on which nothing happens for this long is closed
 * @param tick how often the three above are looked at
 */
record Limits(
    int answers,
    int connections,
    Duration patience,
    Duration stall,
    Duration header,
    Duration idle,
    Duration tick) {
  /**
   * For {@code answers} at once. Connections may be silent for longer than scrape intervals are.
   */
  static Limits of(int answers) {
    return new Limits(
        answers,
        4 * answers,
        Duration.ofMillis(500),
        Duration.ofSeconds(10),
        Duration.ofSeconds(10),
        Duration.ofMinutes(5),
        Duration.ofSeconds(1));
  }
}
