package io.ebpfagent.bpf;

/**
 * A call into libbpf or the kernel failed. The message says what was done to what, the errno by
 * name and, where one is known, what to do about it: {@code load timers.bpf.o: EPERM (needs
 * CAP_BPF)}.
 */
public final class BpfException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String operation;
  private final int errno;
  private final String libbpfLog;

  BpfException(String operation, int errno, String hint, String libbpfLog) {
    super(
        operation
            + (errno == 0 ? "" : ": " + Errno.name(errno))
            + (hint.isEmpty() ? "" : " (" + hint + ")"));
    this.operation = operation;
    this.errno = errno;
    this.libbpfLog = libbpfLog;
  }

  /** What was tried, and on what. */
  public String operation() {
    return operation;
  }

  /** The positive errno; 0 when the failure has none. */
  public int errno() {
    return errno;
  }

  /** Everything libbpf said while it failed, the verifier's log included; may be empty. */
  public String libbpfLog() {
    return libbpfLog;
  }
}
