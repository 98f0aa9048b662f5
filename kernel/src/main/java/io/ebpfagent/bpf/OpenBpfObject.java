// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import io.ebpfagent.linux.Capability;
import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.Privileges;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A BPF object that libbpf has parsed and the kernel has not seen: globals and map sizes can still
 * be set. {@link #load} turns it into a {@link BpfObject} and leaves this one empty. Not
 * thread-safe.
 */
public final class OpenBpfObject implements AutoCloseable {
  private final String name;
  private final List<BpfMap> maps;
  private final List<BpfProgram> programs;
  private MemorySegment object;

  private OpenBpfObject(String name, MemorySegment object) {
    this.name = name;
    this.object = object;
    this.maps = BpfObject.maps(object);
    this.programs = BpfObject.programs(object);
  }

  /**
   * Parses a compiled object.
   *
   * @param name the file's name for messages
   * @param elf the file's bytes
   * @param btf an external BTF file of the running kernel; null for /sys/kernel/btf/vmlinux
   * @throws BpfException when the bytes are no BPF object that libbpf accepts
   */
  public static OpenBpfObject open(String name, byte[] elf, @Nullable Path btf)
      throws BpfException {
    String operation = "open " + name;
    String problem = ElfFile.problem(elf);
    if (problem != null) {
      throw new BpfException(operation, 0, problem, "");
    }
    try (Arena arena = Arena.ofConfined()) {
      // libbpf copies what it needs of the file, so that the buffer may go after the call.
      MemorySegment bytes = arena.allocate(elf.length, 8);
      MemorySegment.copy(elf, 0, bytes, ValueLayout.JAVA_BYTE, 0, elf.length);
      MemorySegment btfPath = btf == null ? MemorySegment.NULL : arena.allocateFrom(btf.toString());
      LibbpfLog.capture();
      Libbpf.Pointer object =
          Libbpf.Objects.openMem(bytes, Libbpf.openOpts(arena, objectName(name), btfPath));
      String log = LibbpfLog.captured();
      if (object.isNull()) {
        throw new BpfException(operation, object.errno(), VerifierLog.summary(log), log);
      }
      return new OpenBpfObject(name, object.segment());
    }
  }

  /** What libbpf would make of a file name; it names the maps of global variables. */
  private static String objectName(String fileName) {
    String base = fileName.substring(fileName.lastIndexOf('/') + 1);
    int dot = base.indexOf('.');
    return (dot < 0 ? base : base.substring(0, dot)).replace('-', '_');
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

  /**
   * Sets a {@code const volatile} global.
   *
   * @param value its bytes as the program reads them, in host byte order
   * @return false when the object has no such variable, or it has another size
   */
  public boolean setGlobal(String variable, byte[] value) {
    Optional<MemorySegment> slot = global(variable);
    if (slot.isEmpty() || slot.get().byteSize() != value.length) {
      return false;
    }
    MemorySegment.copy(value, 0, slot.get(), ValueLayout.JAVA_BYTE, 0, value.length);
    return true;
  }

  /** How many bytes a global has; empty when the object has none of this name. */
  public OptionalInt globalSize(String variable) {
    Optional<MemorySegment> slot = global(variable);
    return slot.isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of(Math.toIntExact(slot.get().byteSize()));
  }

  /** Where a global's initial value stands, in memory that lives as long as the object. */
  private Optional<MemorySegment> global(String variable) {
    MemorySegment opened = opened();
    for (BpfMap map : maps) {
      if (map.holdsGlobals()) {
        Optional<MemorySegment> slot = GlobalVariables.find(opened, map.name(), variable);
        MemorySegment initial = Libbpf.Maps.initialValue(map.pointer());
        if (slot.isPresent() && initial.address() != 0) {
          long offset = Integer.toUnsignedLong(slot.get().get(Libbpf.U32, 4));
          long size = Integer.toUnsignedLong(slot.get().get(Libbpf.U32, 8));
          return Optional.of(initial.asSlice(offset, size));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Creates the maps and has the verifier check the programs.
   *
   * @throws BpfException when the kernel refuses; the hint holds the verifier's explanation
   */
  public BpfObject load() throws BpfException {
    MemorySegment loading = opened();
    LibbpfLog.capture();
    int result = Libbpf.Objects.load(loading);
    String log = LibbpfLog.captured();
    if (result < 0) {
      close();
      throw new BpfException("load " + name, -result, loadHint(-result, log), log);
    }
    object = MemorySegment.NULL;
    return new BpfObject(name, loading, maps, programs);
  }

  private String loadHint(int errno, String log) {
    String reason = VerifierLog.summary(log);
    if (errno != Errno.EPERM) {
      return reason;
    }
    Capability[] needed =
        Privileges.toLoad(
            programs.stream().map(BpfProgram::section).toList(),
            System.getProperty("os.version", ""));
    String hint = Privileges.hint(needed);
    // What libbpf made of a missing capability would only lead astray.
    return Privileges.has(needed) ? hint + "; " + reason : hint;
  }

  private MemorySegment opened() {
    if (object.address() == 0) {
      throw new IllegalStateException(name + " is loaded or closed");
    }
    return object;
  }

  /** Frees the object unless it was loaded. */
  @Override
  public void close() {
    if (object.address() != 0) {
      BpfObject.close(object, maps, programs);
      object = MemorySegment.NULL;
    }
  }
}
