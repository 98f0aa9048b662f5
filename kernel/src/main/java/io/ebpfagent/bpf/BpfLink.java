// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.linux.NativeFunction.address;

import io.ebpfagent.linux.NativeFunction;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/** A program's attachment; closing it detaches the program. */
public final class BpfLink implements AutoCloseable {
  // int bpf_link__destroy(struct bpf_link *link)
  private static final NativeFunction DESTROY = Libbpf.function("bpf_link__destroy");
  // int bpf_link__pin(struct bpf_link *link, const char *path)
  private static final NativeFunction PIN = Libbpf.function("bpf_link__pin");

  private long link;

  BpfLink(long link) {
    this.link = link;
  }

  /**
   * Pins the link in a BPF file system, which keeps the program attached. Only the owner may open
   * the file.
   *
   * @throws BpfException {@code EEXIST} when the path exists
   */
  public synchronized void pin(Path path) throws BpfException {
    try (Arena arena = Arena.ofConfined()) {
      BpfException.check(
          "pin " + path, PIN.asInt(link, address(arena.allocateFrom(path.toString()))));
    }
  }

  @Override
  public synchronized void close() {
    if (link != 0) {
      // The file descriptor is closed even if the kernel reports an error, so there is nothing to
      // retry.
      DESTROY.asInt(link);
      link = 0;
    }
  }
}
