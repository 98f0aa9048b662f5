// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import io.ebpfagent.linux.NativeFunction;
import java.util.List;
import java.util.Optional;

/**
 * A BPF object in the kernel. Closing it closes its maps and programs; the links of its programs
 * must be closed before.
 */
public final class BpfObject implements AutoCloseable {
  // void bpf_object__close(struct bpf_object *obj)
  private static final NativeFunction CLOSE = Libbpf.function("bpf_object__close");

  private final String name;
  private final List<BpfMap> maps;
  private final List<BpfProgram> programs;
  private long object;

  BpfObject(String name, long object, List<BpfMap> maps, List<BpfProgram> programs) {
    this.name = name;
    this.object = object;
    this.maps = maps;
    this.programs = programs;
  }

  public String name() {
    return name;
  }

  /** Returns the maps that the object declares, without those of its global variables. */
  public List<BpfMap> maps() {
    return maps.stream().filter(map -> !map.holdsGlobals()).toList();
  }

  /** Returns the map with this name. */
  public Optional<BpfMap> map(String mapName) {
    return maps.stream().filter(map -> map.name().equals(mapName)).findFirst();
  }

  /**
   * Returns the object's programs, without those that are only loaded on request: {@code
   * SEC("?…")}.
   */
  public List<BpfProgram> programs() {
    return programs;
  }

  @Override
  public synchronized void close() {
    if (object != 0) {
      close(object, maps, programs);
      object = 0;
    }
  }

  /** Frees an object, after marking its maps and programs as closed, because they point into it. */
  static void close(long object, List<BpfMap> maps, List<BpfProgram> programs) {
    maps.forEach(BpfMap::closed);
    programs.forEach(BpfProgram::closed);
    CLOSE.asLong(object);
  }
}
