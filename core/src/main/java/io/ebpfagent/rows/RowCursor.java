// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

/**
 * One reading of a map's rows: {@code while (cursor.next()) for (i < cursor.rows()) …}. Rows that
 * are added or removed meanwhile may or may not be seen. Not thread-safe.
 */
public interface RowCursor extends AutoCloseable {
  /** The cursor of a source that is closed. */
  RowCursor EMPTY =
      new RowCursor() {
        @Override
        public boolean next() {
          return false;
        }

        @Override
        public int rows() {
          return 0;
        }

        @Override
        public byte[] keys() {
          return new byte[0];
        }

        @Override
        public long[] values() {
          return new long[0];
        }

        @Override
        public void close() {}
      };

  /**
   * Reads the next chunk; returns false at the end.
   *
   * @throws RowReadException when the remaining rows can't be read
   */
  boolean next() throws RowReadException;

  /** Number of rows of the chunk. */
  int rows();

  /**
   * The chunk's keys end to end, {@link RowShape#keySize} bytes each; overwritten by {@link #next}.
   */
  byte[] keys();

  /** The chunk's values, {@link RowShape#cpus} for each row; overwritten by {@link #next}. */
  long[] values();

  @Override
  void close();
}
