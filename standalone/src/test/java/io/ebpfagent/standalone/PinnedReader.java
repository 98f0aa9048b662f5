// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.log.Log;
import io.ebpfagent.metrics.PinnedMetrics;
import io.ebpfagent.metrics.TextFormat;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A program that embeds the library: it reads pinned metrics and prints them, again for each line
 * of input, and logs to stderr.
 */
final class PinnedReader {
  private static final Log LOG = (level, message, thrown) -> System.err.println(message);

  private PinnedReader() {}

  public static void main(String[] arguments) throws IOException {
    PinnedMetrics pinned = PinnedMetrics.open(Path.of(arguments[0]), LOG);
    do {
      pinned.write(System.out, TextFormat.PROMETHEUS);
      System.out.println("# END");
      System.out.flush();
    } while (System.in.read() >= 0);
  }
}
