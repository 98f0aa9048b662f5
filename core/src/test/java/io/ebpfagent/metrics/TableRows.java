// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.rows.ConfigRows;
import io.ebpfagent.rows.EventReader;
import io.ebpfagent.rows.RowCursor;
import io.ebpfagent.rows.RowReadException;
import io.ebpfagent.rows.RowShape;
import io.ebpfagent.rows.RowSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Rows from tables, so that metrics can be tested without a kernel. */
final class TableRows implements ConfigRows {
  private final Map<String, RowSource> sources = new HashMap<>();

  /** A map's rows. */
  static final class Table implements RowSource {
    private final RowShape shape;
    private final List<byte[]> keys = new ArrayList<>();
    private final List<long[]> values = new ArrayList<>();

    Table(RowShape shape) {
      this.shape = shape;
    }

    /** Adds a row with a value for each CPU. */
    Table row(byte[] key, long... cpus) {
      keys.add(key);
      values.add(cpus);
      return this;
    }

    @Override
    public RowShape shape() {
      return shape;
    }

    @Override
    public RowCursor open() {
      return new RowCursor() {
        private int next;

        @Override
        public boolean next() {
          return next++ < keys.size();
        }

        @Override
        public int rows() {
          return 1;
        }

        @Override
        public byte[] keys() {
          return keys.get(next - 1);
        }

        @Override
        public long[] values() {
          return values.get(next - 1);
        }

        @Override
        public void close() {}
      };
    }
  }

  /** Adds a hash with one value for each row. */
  Table hash(String name, int keySize) {
    return add(new Table(new RowShape(name, keySize, false, 1, 100, true)));
  }

  /** Adds an array with a value for each of two CPUs. */
  Table perCpu(String name, int keySize) {
    return add(new Table(new RowShape(name, keySize, true, 2, 100, false)));
  }

  private Table add(Table table) {
    sources.put(table.shape.name(), table);
    return table;
  }

  /** Adds a map whose reading throws something after some rows. */
  void failing(String name, Table rows, Throwable thrown) {
    sources.put(
        name,
        new RowSource() {
          @Override
          public RowShape shape() {
            return rows.shape();
          }

          @Override
          public RowCursor open() {
            RowCursor cursor = rows.open();
            return new RowCursor() {
              @Override
              public boolean next() throws RowReadException {
                if (cursor.next()) {
                  return true;
                }
                if (thrown instanceof RowReadException exception) {
                  throw exception;
                }
                if (thrown instanceof Error error) {
                  throw error;
                }
                throw (RuntimeException) thrown;
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
                cursor.close();
              }
            };
          }
        });
  }

  @Override
  public RowSource rows(String map) {
    RowSource source = sources.get(map);
    if (source == null) {
      throw new IllegalArgumentException("no map " + map);
    }
    return source;
  }

  @Override
  public EventReader events(String map) {
    throw new IllegalArgumentException("no events of " + map);
  }

  static byte[] u32s(int... numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.nativeOrder());
    for (int number : numbers) {
      bytes.putInt(number);
    }
    return bytes.array();
  }
}
