// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import io.ebpfagent.bpf.BpfMap;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is the same for all configs that are attached together.
 *
 * @param btf an external BTF file of the running kernel; null for the kernel's own
 * @param globals values for {@code const volatile} variables, by name: of as many bytes as the
 *     variable has. Objects without such a variable don't mind.
 * @param substitutions what stands for which target of a section, the part between the first slash
 *     and the colon: {@code libjvm} for a path
 * @param absent targets of sections that are not there, with the reason: nothing is attached to
 *     them, and that is no warning
 * @param pid the process whose uprobes and USDT probes fire; {@link #EVERY_PROCESS} for all
 * @param sharedMaps maps that objects use in place of their own of the same name. Of those whose
 *     names begin with {@link #SHARED} the others are left out.
 */
public record AttachOptions(
    @Nullable Path btf,
    Map<String, byte[]> globals,
    Map<String, String> substitutions,
    Map<String, String> absent,
    int pid,
    Map<String, BpfMap> sharedMaps) {
  /** How the names of maps begin that are nobody's own: those of include/trace_context.h. */
  static final String SHARED = "ebpf_agent_";

  public static final int EVERY_PROCESS = -1;
  public static final AttachOptions DEFAULT =
      new AttachOptions(null, Map.of(), Map.of(), Map.of(), EVERY_PROCESS, Map.of());

  public AttachOptions {
    globals = Map.copyOf(globals);
    substitutions = Map.copyOf(substitutions);
    absent = Map.copyOf(absent);
    sharedMaps = Map.copyOf(sharedMaps);
  }
}
