// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import java.time.Duration;

/**
 * How MBeans are shown.
 *
 * @param domain of their names
 * @param maxSeries how many series have an MBean of their own
 * @param refresh for how long values that were read are good enough
 */
public record MBeanSettings(String domain, int maxSeries, Duration refresh) {
  public static final MBeanSettings USUAL = new MBeanSettings("ebpf", 1_000, Duration.ofSeconds(1));
}
