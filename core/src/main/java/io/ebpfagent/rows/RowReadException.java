// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

/** Rows could not be read, or not to their end; the message says of what and why. */
public final class RowReadException extends Exception {
  private static final long serialVersionUID = 1L;

  public RowReadException(String message, Throwable cause) {
    super(message, cause);
  }

  public RowReadException(String message) {
    super(message);
  }
}
