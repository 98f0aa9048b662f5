// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.MapCursor;
import io.ebpfagent.rows.RowCursor;
import io.ebpfagent.rows.RowReadException;
import io.ebpfagent.rows.RowShape;
import io.ebpfagent.rows.RowSource;

/**
 * The rows of a config's map.
 *
 * @param readers the readers of the config, whose maps stay open while a cursor is open
 */
record MapRows(BpfMap map, RowShape shape, Readers readers) implements RowSource {
  static MapRows of(BpfMap map, Readers readers) {
    RowShape shape =
        new RowShape(
            map.name(),
            map.keySize(),
            map.perCpu(),
            map.valuesPerRow(),
            Integer.toUnsignedLong(map.maxEntries()),
            map.canFill());
    return new MapRows(map, shape, readers);
  }

  @Override
  public RowCursor open() throws RowReadException {
    if (!readers.begin()) {
      return RowCursor.EMPTY;
    }
    boolean opened = false;
    try {
      RowCursor cursor = new Cursor(map.cursor(), readers);
      opened = true;
      return cursor;
    } catch (BpfException e) {
      throw new RowReadException(String.valueOf(e.getMessage()), e);
    } finally {
      if (!opened) {
        readers.end();
      }
    }
  }

  private static final class Cursor implements RowCursor {
    private final MapCursor cursor;
    private final Readers readers;
    private boolean closed;

    Cursor(MapCursor cursor, Readers readers) {
      this.cursor = cursor;
      this.readers = readers;
    }

    @Override
    public boolean next() throws RowReadException {
      try {
        return cursor.next();
      } catch (BpfException e) {
        throw new RowReadException(String.valueOf(e.getMessage()), e);
      }
    }

    @Override
    public int rows() {
      return cursor.rows();
    }

    @Override
    public byte[] keys() {
      return cursor.keys();
    }

    @Override
    public long[] values() {
      return cursor.values();
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        try {
          cursor.close();
        } finally {
          readers.end();
        }
      }
    }
  }
}
