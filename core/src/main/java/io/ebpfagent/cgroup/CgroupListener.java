// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

/**
 * Hears of cgroups as they come and go, one call at a time, in their order. Calls come from threads
 * that others wait for: they must be quick, and not ask {@link Cgroups} anything.
 */
public interface CgroupListener {
  /** A cgroup exists; may be told more than once. */
  void added(long id, String path);

  /** A cgroup does not exist any more. */
  void removed(long id, String path);
}
