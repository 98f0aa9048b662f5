// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import java.util.Optional;

/**
 * State of a loaded program.
 *
 * @param name the C function's name
 * @param section the ELF section, which says where it attaches: {@code tp_btf/timer_start}
 * @param id the kernel's number for it
 * @param tag hash of its instructions, 16 hex digits
 * @param failure why it is not attached; empty when it is
 * @param runTimeNanos time spent in it in nanoseconds, counted while kernel.bpf_stats_enabled is 1
 * @param runCount how often it ran, counted while kernel.bpf_stats_enabled is 1
 */
public record ProgramState(
    String name,
    String section,
    int id,
    String tag,
    Optional<String> failure,
    long runTimeNanos,
    long runCount) {

  public boolean attached() {
    return failure.isEmpty();
  }
}
