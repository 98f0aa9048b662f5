// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

/** What the metrics of one config are read from, by the names of their maps. */
public interface ConfigRows {
  /**
   * A map's rows.
   *
   * @throws IllegalArgumentException when there is no such map, which checking a config rules out
   */
  RowSource rows(String map);

  /**
   * The events of a perf event array.
   *
   * @throws IllegalArgumentException when there is no such map, or its events are not taken
   */
  EventReader events(String map);
}
