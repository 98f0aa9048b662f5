// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

/** The engine could not do what was requested, and its state is unchanged; the message says why. */
public final class EngineException extends Exception {
  private static final long serialVersionUID = 1L;

  EngineException(String message) {
    super(message);
  }

  EngineException(String message, Throwable cause) {
    super(message, cause);
  }
}
