// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

/**
 * The kernel refused an operation. The message says what was done to what, the errno's name and, if
 * known, what to do about it: {@code load timers.bpf.o: EPERM (needs CAP_BPF)}.
 */
public class KernelException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String operation;
  private final int errno;

  /**
   * @param operation what was tried, and on what
   * @param errno positive; 0 when the failure has none
   * @param hint what to do about it; may be empty
   */
  public KernelException(String operation, int errno, String hint) {
    super(
        operation
            + (errno == 0 ? "" : ": " + Errno.name(errno))
            + (hint.isEmpty() ? "" : " (" + hint + ")"));
    this.operation = operation;
    this.errno = errno;
  }

  /** Returns what was tried, and on what. */
  public String operation() {
    return operation;
  }

  /** Returns the positive errno; 0 when the failure has none. */
  public int errno() {
    return errno;
  }
}
