// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.cgroup.CgroupListener;
import io.ebpfagent.config.CgroupIdMap;
import io.ebpfagent.log.Log;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Keeps a map filled with the cgroups whose paths match a config's patterns. A hash has their ids
 * as keys, a cgroup storage the cgroups themselves; each value is 1. Called by one thread at a
 * time, as {@link CgroupListener} says.
 */
final class MatchingCgroups implements CgroupListener {
  private static final byte[] ONE = u64(1);

  // errno.h
  private static final int ENOENT = 2;
  private static final int E2BIG = 7;

  private final String config;
  private final CgroupIdMap spec;
  private final BpfMap map;
  private final Log log;

  /** Cgroups that the map had no room for, oldest first. */
  private final Map<Long, String> waiting = new LinkedHashMap<>();

  /** Errnos that were logged already: only the first failure of a kind is logged. */
  private final Set<Integer> logged = new HashSet<>();

  MatchingCgroups(String config, CgroupIdMap spec, BpfMap map, Log log) {
    this.config = config;
    this.spec = spec;
    this.map = map;
    this.log = log;
  }

  @Override
  public void added(long id, String path) {
    if (!matches(path)) {
      return;
    }
    try {
      switch (spec.type()) {
        case HASH -> map.update(u64(id), ONE);
        case CGRP_STORAGE -> map.updateCgroup(path, ONE);
      }
    } catch (BpfException e) {
      if (e.errno() == E2BIG) {
        waiting.put(id, path);
        log(e, "the map is full, max_entries=" + map.maxEntries() + ": it lacks cgroups");
      } else if (e.errno() != ENOENT) { // ENOENT: removed since, which will be reported
        log(e, "it lacks " + path);
      }
    }
  }

  @Override
  public void removed(long id, String path) {
    // The kernel removes a cgroup's storage together with the cgroup.
    if (waiting.remove(id) != null || spec.type() != CgroupIdMap.Type.HASH || !matches(path)) {
      return;
    }
    try {
      map.delete(u64(id));
    } catch (BpfException e) {
      if (e.errno() != ENOENT) {
        log(e, "it keeps " + path);
      }
    }
    var next = waiting.entrySet().iterator();
    if (next.hasNext()) {
      Map.Entry<Long, String> first = next.next();
      next.remove();
      added(first.getKey(), first.getValue());
    }
  }

  /** Patterns match anywhere in the path unless they are anchored. */
  private boolean matches(String path) {
    return spec.regexps().stream().anyMatch(pattern -> pattern.matcher(path).find());
  }

  private void log(BpfException e, String consequence) {
    if (logged.add(e.errno())) {
      log.warning(
          "%s: %s: %s; more like this is not logged"
              .formatted(config, e.getMessage(), consequence));
    }
  }

  private static byte[] u64(long value) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(value).array();
  }
}
