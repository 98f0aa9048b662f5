package io.ebpfagent.attach;

import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.config.Label;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The last label of a per-CPU map's metric, when it is named cpu: each CPU is a series of its own.
 */
public final class CpuLabel {
  /** The CPU's number is appended to the key as a u16. */
  public static final int BYTES = Short.BYTES;

  private static final VarHandle U16 =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.nativeOrder());

  private CpuLabel() {}

  /** Whether the labels end in a cpu label that stands for the map's CPUs. */
  public static boolean of(List<Label> labels, BpfMap map) {
    return map.perCpu()
        && !labels.isEmpty()
        && labels.getLast().name().equals("cpu")
        && labels.getLast().size() == BYTES;
  }

  /** Writes a CPU's number into a key, in the host's byte order. */
  public static void put(byte[] key, int offset, int cpu) {
    U16.set(key, offset, (short) cpu);
  }
}
