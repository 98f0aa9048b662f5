// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.io.IOException;

/** A device or a pipe is where a file should be. */
final class NotRegularFileException extends IOException {
  private static final long serialVersionUID = 1L;

  NotRegularFileException() {
    super("is no regular file, only a file or a link to one is read");
  }
}
