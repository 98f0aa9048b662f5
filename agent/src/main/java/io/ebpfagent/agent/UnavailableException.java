// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

/** There are no kernel metrics; the message says in one line what is missing and what to do. */
public final class UnavailableException extends Exception {
  private static final long serialVersionUID = 1;

  public UnavailableException(String message, Throwable cause) {
    super(message, cause);
  }

  public UnavailableException(String message) {
    super(message);
  }
}
