// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

/**
 * The rows of a map could not be read, or not to their end; the message names the map and the
 * reason.
 */
public final class RowReadException extends Exception {
  private static final long serialVersionUID = 1L;

  public RowReadException(String message, Throwable cause) {
    super(message, cause);
  }

  public RowReadException(String message) {
    super(message);
  }
}
