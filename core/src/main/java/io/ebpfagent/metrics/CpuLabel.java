// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.config.Metric;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The label cpu at the end of a per-CPU map's metric: it makes each CPU a separate series. */
public final class CpuLabel {
  /** Size of the CPU's number, a u16 that is appended to the key. */
  public static final int BYTES = Short.BYTES;

  private static final VarHandle U16 =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.nativeOrder());

  private CpuLabel() {}

  /**
   * Returns how many bytes a map's key must have for a metric's labels. The cpu label of a per-CPU
   * map is not in the key; without labels the key is a {@code u32} 0.
   *
   * @param perCpu whether the map has a value for each CPU
   */
  public static int keySize(Metric metric, boolean perCpu) {
    int bytes = metric.labels().stream().mapToInt(label -> label.size() + label.padding()).sum();
    int inKey = metric.hasCpuLabel(perCpu) ? bytes - BYTES : bytes;
    return inKey == 0 ? Integer.BYTES : inKey;
  }

  /** Writes a CPU's number into a key, in the host's byte order. */
  static void put(byte[] key, int offset, int cpu) {
    U16.set(key, offset, (short) cpu);
  }
}
