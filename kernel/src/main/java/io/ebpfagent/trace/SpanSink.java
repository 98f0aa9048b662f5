// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import java.time.Duration;
import java.util.List;

/** Receives finished spans. A sink must keep their ids. */
public interface SpanSink {
  /** Maximum number of spans in a batch. */
  int MOST_AT_ONCE = 4096;

  /**
   * Accepts a batch of spans. It must return quickly, because ring buffers fill up meanwhile; spans
   * that the sink can't take are counted as dropped.
   *
   * @param spans belongs to the sink from now on
   */
  void accept(List<SpanRecord> spans);

  /** Returns the counts of exported and dropped spans. */
  SpanCounts counts();

  /**
   * Sends the remaining spans for at most {@code limit}; those that are left are counted as
   * dropped.
   */
  void close(Duration limit);
}
