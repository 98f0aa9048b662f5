// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.KernelException;

/** A call into libbpf or {@code bpf(2)} failed. */
public final class BpfException extends KernelException {
  private static final long serialVersionUID = 1L;

  /** Neither libbpf nor the verifier says so. */
  private static final String TOO_MANY_FILES =
      "too many open files: raise the limit, ulimit -n or LimitNOFILE=";

  private final String libbpfLog;

  BpfException(String operation, int errno, String hint) {
    this(operation, errno, hint, "");
  }

  BpfException(String operation, int errno, String hint, String libbpfLog) {
    super(operation, errno, errno == Errno.EMFILE ? TOO_MANY_FILES : hint);
    this.libbpfLog = libbpfLog;
  }

  /** Creates an exception with the reason that libbpf or the verifier gave. */
  static BpfException explained(String operation, int errno, LibbpfLog said) {
    return new BpfException(operation, errno, VerifierLog.summary(said.text()), said.text());
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
