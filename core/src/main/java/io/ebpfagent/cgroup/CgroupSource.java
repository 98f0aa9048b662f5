// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

import java.io.IOException;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Source of the ids and paths of cgroups. */
public interface CgroupSource {
  /**
   * Returns all cgroups that exist now, id to path, the mount point included. May take long.
   *
   * @throws IOException when they can't be listed, with a message for the user
   */
  Map<Long, String> all() throws IOException;

  /**
   * Returns the path of one cgroup, for sources that can look one up without listing all; null when
   * this source can't or there is no such cgroup.
   */
  default @Nullable String one(long id) {
    return null;
  }

  /** Returns the id of the cgroup that is at a path now; empty when there is none. */
  default OptionalLong id(String path) {
    return OptionalLong.empty();
  }
}
