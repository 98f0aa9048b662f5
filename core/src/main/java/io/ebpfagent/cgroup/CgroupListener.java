// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

/**
 * Receives the cgroups that come and go, one call at a time, in order. The calling threads hold up
 * others, so implementations must return quickly and must not query {@link Cgroups}.
 */
public interface CgroupListener {
  /** A cgroup exists; may be called more than once for the same one. */
  void added(long id, String path);

  /** A cgroup no longer exists. */
  void removed(long id, String path);
}
