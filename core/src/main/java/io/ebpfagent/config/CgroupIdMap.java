// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import com.google.re2j.Pattern;
import java.util.List;

/**
 * A BPF map that is kept filled with the ids of all cgroups whose paths match.
 *
 * @param name the map's name
 * @param regexps a cgroup is in the map when any of them matches its path
 */
public record CgroupIdMap(String name, Type type, List<Pattern> regexps) {
  public CgroupIdMap {
    regexps = List.copyOf(regexps);
  }

  /** The map's type in the kernel. */
  public enum Type {
    HASH,
    CGRP_STORAGE
  }
}
