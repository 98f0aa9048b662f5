// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import java.io.IOException;

/** Counts that another part of the engine keeps and exposes with the metrics. */
@FunctionalInterface
public interface InfoSource {
  /** Writes families, each followed by its samples. */
  void write(InfoSink sink) throws IOException;
}
