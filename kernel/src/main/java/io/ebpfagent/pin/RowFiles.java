// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.pin;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.BpfObject;
import io.ebpfagent.bpf.OpenBpfObject;
import io.ebpfagent.log.Log;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Pins maps' rows as files. One program is loaded for all maps whose rows have the same sizes. */
final class RowFiles implements AutoCloseable {
  private record Sizes(int key, int value) {}

  private final Log log;
  private final Map<Sizes, BpfObject> programs = new HashMap<>();

  RowFiles(Log log) {
    this.log = log;
  }

  /**
   * Pins a file that contains the key and the value of each row; for a per-CPU map a value of each
   * CPU, rounded up to 8 bytes.
   *
   * @throws BpfException {@code EINVAL} when the kernel can't iterate over maps of that type
   */
  void pin(BpfMap map, Path path) throws BpfException {
    Sizes sizes = new Sizes(map.keySize(), map.rowValueBytes());
    BpfObject program = programs.get(sizes);
    if (program == null) {
      program = load(sizes);
      programs.put(sizes, program);
    }
    PinProgram.pin(program, map, path);
  }

  private BpfObject load(Sizes sizes) throws BpfException {
    try (OpenBpfObject open = PinProgram.open("map-rows", log)) {
      PinProgram.set(open, "key_size", sizes.key);
      PinProgram.set(open, "value_size", sizes.value);
      return open.load();
    }
  }

  @Override
  public void close() {
    programs.values().forEach(BpfObject::close);
    programs.clear();
  }
}
