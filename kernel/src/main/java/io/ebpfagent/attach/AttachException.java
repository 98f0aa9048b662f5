// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

/**
 * A config could not be loaded into the kernel; the message says what failed, where, and what to
 * do.
 */
public final class AttachException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String libbpfLog;

  AttachException(String message, String libbpfLog, Throwable cause) {
    super(message, cause);
    this.libbpfLog = libbpfLog;
  }

  AttachException(String message) {
    super(message);
    this.libbpfLog = "";
  }

  /** Returns all of libbpf's messages, including the verifier's log; may be empty. */
  public String libbpfLog() {
    return libbpfLog;
  }
}
