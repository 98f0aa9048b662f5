// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

import java.io.IOException;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Where the ids and paths of cgroups are learnt from. */
public interface CgroupSource {
  /**
   * All cgroups that exist now: id to path, the mount point included. May take long.
   *
   * @throws IOException when there is no telling, with a message for the user
   */
  Map<Long, String> all() throws IOException;

  /**
   * The path of one cgroup, for sources that know it without looking at all of them; null when this
   * one doesn't or there is no such cgroup.
   */
  default @Nullable String one(long id) {
    return null;
  }

  /** The id of the cgroup that is at a path now; empty when there is none. */
  default OptionalLong id(String path) {
    return OptionalLong.empty();
  }
}
