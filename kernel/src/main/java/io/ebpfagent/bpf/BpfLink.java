// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import java.lang.foreign.MemorySegment;

/** A program's attachment. Closing it detaches. */
public final class BpfLink implements AutoCloseable {
  private MemorySegment link;

  BpfLink(MemorySegment link) {
    this.link = link;
  }

  /** Gives it a name in a BPF file system, which keeps it attached. */
  synchronized int pin(MemorySegment path) {
    return Libbpf.Links.pin(link, path);
  }

  @Override
  public synchronized void close() {
    if (link.address() != 0) {
      // The descriptor is closed even where the kernel complains: there is nothing to retry.
      Libbpf.Links.destroy(link);
      link = MemorySegment.NULL;
    }
  }
}
