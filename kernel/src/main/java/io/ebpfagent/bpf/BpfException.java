// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import io.ebpfagent.linux.KernelException;

/** A call into libbpf or {@code bpf(2)} failed. */
public final class BpfException extends KernelException {
  private static final long serialVersionUID = 1L;

  private final String libbpfLog;

  BpfException(String operation, int errno, String hint, String libbpfLog) {
    super(operation, errno, hint);
    this.libbpfLog = libbpfLog;
  }

  /** Everything libbpf said while it failed, the verifier's log included; may be empty. */
  public String libbpfLog() {
    return libbpfLog;
  }
}
