// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

/** The rows and events of one config, by the names of their maps. */
public interface ConfigRows {
  /**
   * Returns a map's rows.
   *
   * @throws IllegalArgumentException when there is no such map, which the check of the config rules
   *     out
   */
  RowSource rows(String map);

  /**
   * Returns the events of a perf event array.
   *
   * @throws IllegalArgumentException when there is no such map, or its events are not read
   */
  EventReader events(String map);
}
