// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import java.time.Duration;
import java.util.List;

/** Where finished spans go. They bring their ids: a sink must not give them others. */
public interface SpanSink {
  /** More than these are never handed over at once. */
  int MOST_AT_ONCE = 4096;

  /**
   * Takes spans, at once: while it doesn't return, ring buffers fill up. What it can't take it
   * counts as dropped.
   *
   * @param spans the sink's from now on
   */
  void accept(List<SpanRecord> spans);

  /** What became of the spans. */
  SpanCounts counts();

  /**
   * Sends what it still has, and no longer than {@code limit}; what is left is counted as dropped.
   */
  void close(Duration limit);
}
