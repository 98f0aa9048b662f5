// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import org.jspecify.annotations.Nullable;

/**
 * Closes several parts one after the other. A failure does not keep the others from being closed;
 * the first one is kept and can be rethrown at the end.
 */
public final class Closing {
  private @Nullable Throwable failure;

  public void close(Runnable part) {
    try {
      part.run();
    } catch (RuntimeException | Error e) {
      if (failure == null) {
        failure = e;
      } else if (!failure.equals(e)) {
        failure.addSuppressed(e);
      }
    }
  }

  /** Throws the first failure, if there was one. */
  public void rethrow() {
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }
}
