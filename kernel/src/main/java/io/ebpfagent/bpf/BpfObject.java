// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A BPF object in the kernel, or the maps of one that another process loaded. Closing it closes its
 * maps and programs; the links of its programs must be closed before.
 */
public final class BpfObject implements AutoCloseable {
  private final String name;
  private final List<BpfMap> maps;
  private final List<BpfProgram> programs;
  private MemorySegment object;

  BpfObject(String name, MemorySegment object, List<BpfMap> maps, List<BpfProgram> programs) {
    this.name = name;
    this.object = object;
    this.maps = maps;
    this.programs = programs;
  }

  /** Maps by themselves, such as pinned ones; closed with the object. */
  public static BpfObject ofMaps(String name, List<BpfMap> maps) {
    return new BpfObject(name, MemorySegment.NULL, List.copyOf(maps), List.of());
  }

  public String name() {
    return name;
  }

  /** The maps that the object declares, those of its global variables excluded. */
  public List<BpfMap> maps() {
    return maps.stream().filter(map -> !map.holdsGlobals()).toList();
  }

  /** The map with this name. */
  public Optional<BpfMap> map(String mapName) {
    return maps.stream().filter(map -> map.name().equals(mapName)).findFirst();
  }

  public List<BpfProgram> programs() {
    return programs;
  }

  @Override
  public synchronized void close() {
    if (object.address() != 0) {
      close(object, maps, programs);
      object = MemorySegment.NULL;
    } else {
      maps.forEach(BpfMap::closed);
    }
  }

  /** Frees an object after its maps and programs were told, which point into it. */
  static void close(MemorySegment object, List<BpfMap> maps, List<BpfProgram> programs) {
    maps.forEach(BpfMap::closed);
    programs.forEach(BpfProgram::closed);
    Libbpf.Objects.close(object);
  }

  // The pointers of maps and programs belong to the object: they are used while it is open.

  static List<BpfMap> maps(MemorySegment object) {
    List<BpfMap> maps = new ArrayList<>();
    MemorySegment map = Libbpf.Objects.nextMap(object, MemorySegment.NULL);
    while (map.address() != 0) {
      maps.add(new BpfMap(map));
      map = Libbpf.Objects.nextMap(object, map);
    }
    return List.copyOf(maps);
  }

  static List<BpfProgram> programs(MemorySegment object) {
    List<BpfProgram> programs = new ArrayList<>();
    MemorySegment program = Libbpf.Objects.nextProgram(object, MemorySegment.NULL);
    while (program.address() != 0) {
      programs.add(new BpfProgram(program));
      program = Libbpf.Objects.nextProgram(object, program);
    }
    return List.copyOf(programs);
  }
}
