// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

/** A map's rows, which can be read repeatedly and by many threads at once. */
public interface RowSource {
  RowShape shape();

  /**
   * Starts to read all rows. Rows stay readable until the cursor is closed, even if the source is
   * closed meanwhile. If the source is closed already, there are no rows.
   *
   * @throws RowReadException when the rows can't be read
   */
  RowCursor open() throws RowReadException;
}
