// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfProgram;
import java.util.Optional;

/**
 * A loaded program and the result of attaching it.
 *
 * @param id the kernel's number for it
 * @param tag hash of its instructions, 16 hex digits
 * @param failure why it is not attached; empty when it is
 */
public record AttachedProgram(
    BpfProgram program, int id, String tag, Optional<BpfException> failure) {

  public boolean attached() {
    return failure.isEmpty();
  }
}
