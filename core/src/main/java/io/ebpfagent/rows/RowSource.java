// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

/** A map's rows, to be read again and again and by many threads at once. */
public interface RowSource {
  RowShape shape();

  /**
   * Starts to read all rows. What is read stays readable until the cursor is closed, even where the
   * source is closed meanwhile; of a source that is closed already there are no rows.
   *
   * @throws RowReadException when the rows can't be had
   */
  RowCursor open() throws RowReadException;
}
