// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.KernelException;

/** A call into libbpf or {@code bpf(2)} failed. */
public final class BpfException extends KernelException {
  private static final long serialVersionUID = 1L;

  private final String libbpfLog;

  BpfException(String operation, int errno, String hint) {
    this(operation, errno, hint, "");
  }

  BpfException(String operation, int errno, String hint, String libbpfLog) {
    super(operation, errno, hint);
    this.libbpfLog = libbpfLog;
  }

  /** Creates an exception with the reason that libbpf or the verifier gave. */
  static BpfException explained(String operation, int errno, LibbpfLog said) {
    // Then the verifier was not asked.
    String reason =
        errno == Errno.EMFILE ? "Too many open files" : VerifierLog.summary(said.text());
    return new BpfException(operation, errno, reason, said.text());
  }

  /** Returns a call's result; throws when it is a negative errno. */
  static int check(String operation, int result) throws BpfException {
    if (result < 0) {
      throw new BpfException(operation, -result, "");
    }
    return result;
  }

  /**
   * Returns all of libbpf's messages during the failed call, including the verifier's log; may be
   * empty.
   */
  public String libbpfLog() {
    return libbpfLog;
  }
}
