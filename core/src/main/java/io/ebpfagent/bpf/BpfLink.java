package io.ebpfagent.bpf;

import java.lang.foreign.MemorySegment;

/** A program's attachment. Closing it detaches. */
public final class BpfLink implements AutoCloseable {
  private MemorySegment link;

  BpfLink(MemorySegment link) {
    this.link = link;
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
