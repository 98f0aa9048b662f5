// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

import java.util.Map;

/** Records what it is told. */
record Told(Map<Long, String> live) implements CgroupListener {
  @Override
  public void added(long id, String path) {
    live.put(id, path);
  }

  @Override
  public void removed(long id, String path) {
    live.remove(id, path);
  }
}
