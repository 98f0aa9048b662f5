// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import io.ebpfagent.metrics.Metrics;
import java.util.List;

/**
 * The kernel's metrics, wherever they come from: programs of this process, or what a daemon pinned.
 * Safe from many threads.
 */
public interface KernelMetrics {
  /** What there is now, to be read at once: later it may be something else. */
  Metrics metrics();

  /** How each config that was asked for is. */
  List<ConfigStatus> configs();
}
