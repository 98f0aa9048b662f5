package io.ebpfagent.bpf;

/** The machine's CPUs as per-CPU maps count them. */
public final class Cpus {
  private Cpus() {}

  /** How many CPUs the kernel may ever have: a per-CPU value has a slot for each. */
  public static int possible() {
    return Holder.POSSIBLE;
  }

  private static final class Holder {
    static final int POSSIBLE = Math.max(1, Libbpf.Global.numPossibleCpus());
  }
}
