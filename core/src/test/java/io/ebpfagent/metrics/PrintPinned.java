// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import io.ebpfagent.log.Log;
import java.io.IOException;
import java.nio.file.Path;

/** A program of someone else's, which reads pinned metrics and prints them. */
final class PrintPinned {
  private PrintPinned() {}

  public static void main(String[] arguments) throws IOException {
    PinnedMetrics.open(Path.of(arguments[0]), Log.NONE).write(System.out, TextFormat.PROMETHEUS);
  }
}
