// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ebpfagent.PinnedMetrics;
import io.ebpfagent.metrics.TextFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;

/** A program of someone else's, which reads pinned metrics and prints them. */
final class PinnedReader {
  private PinnedReader() {}

  public static void main(String[] arguments) throws IOException {
    try (PinnedMetrics pinned = PinnedMetrics.open(Path.of(arguments[0]))) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      pinned.metrics().write(out, TextFormat.PROMETHEUS);
      System.out.print(out.toString(UTF_8));
    }
  }
}
