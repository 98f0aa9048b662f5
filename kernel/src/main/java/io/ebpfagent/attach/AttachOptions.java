// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import io.ebpfagent.bpf.BpfMap;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Options that all configs attached together share.
 *
 * @param btf an external BTF file of the running kernel; null for the kernel's own
 * @param globals values for {@code const volatile} variables, by name, each with as many bytes as
 *     the variable. Objects without such a variable ignore it.
 * @param substitutions replacements for targets in section names, by target. A target is the part
 *     between the first slash and the colon: {@code libjvm} is replaced by a path, for example.
 * @param absent targets of sections that do not exist, with the reason: nothing is attached to
 *     them, and that is not a warning
 * @param requested names of programs to load that objects leave out unless they are asked for:
 *     {@code SEC("?…")}
 * @param pid the process whose uprobes and USDT probes fire; {@link #EVERY_PROCESS} for all
 * @param sharedMaps maps that objects use in place of their own of the same name. Of those whose
 *     names begin with {@link #SHARED} the others are left out. A map whose name ends in {@link
 *     #BY_SLOT} gets as many entries as the one of {@link #RECORDS}.
 */
public record AttachOptions(
    @Nullable Path btf,
    Map<String, byte[]> globals,
    Map<String, String> substitutions,
    Map<String, String> absent,
    Set<String> requested,
    int pid,
    Map<String, BpfMap> sharedMaps) {
  /** How the names of maps begin that are nobody's own: those of include/trace_context.h. */
  static final String SHARED = "ebpf_agent_";

  /** The one of them that has an entry for each slot of a thread. */
  static final String RECORDS = SHARED + "records";

  /** How the names of maps end that have as many entries as {@link #RECORDS}. */
  static final String BY_SLOT = "_by_slot";

  public static final int EVERY_PROCESS = -1;
  public static final AttachOptions DEFAULT =
      new AttachOptions(null, Map.of(), Map.of(), Map.of(), Set.of(), EVERY_PROCESS, Map.of());

  public AttachOptions {
    globals = Map.copyOf(globals);
    substitutions = Map.copyOf(substitutions);
    absent = Map.copyOf(absent);
    requested = Set.copyOf(requested);
    sharedMaps = Map.copyOf(sharedMaps);
  }
}
