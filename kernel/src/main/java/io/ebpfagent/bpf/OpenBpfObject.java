// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.linux.NativeFunction.address;

import io.ebpfagent.linux.Capability;
import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.NativeFunction;
import io.ebpfagent.linux.Privileges;
import io.ebpfagent.log.Log;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A BPF object that libbpf has parsed but not loaded into the kernel; globals and map sizes can
 * still be set. {@link #load} turns it into a {@link BpfObject} and leaves this one empty. Not
 * thread-safe.
 */
public final class OpenBpfObject implements AutoCloseable {
  // struct bpf_object *bpf_object__open_mem(const void *buf, size_t sz, const struct
  // bpf_object_open_opts *opts)
  private static final NativeFunction OPEN_MEM = Libbpf.function("bpf_object__open_mem");
  // int bpf_object__load(struct bpf_object *obj)
  private static final NativeFunction LOAD = Libbpf.function("bpf_object__load");
  // struct bpf_map *bpf_object__next_map(const struct bpf_object *obj, const struct bpf_map *map)
  private static final NativeFunction NEXT_MAP = Libbpf.function("bpf_object__next_map");
  // struct bpf_program *bpf_object__next_program(const struct bpf_object *obj, struct bpf_program
  // *prog)
  private static final NativeFunction NEXT_PROGRAM = Libbpf.function("bpf_object__next_program");

  private final String name;
  private final Log log;
  private final List<BpfMap> maps;
  private final List<BpfProgram> programs;
  private long object;

  private OpenBpfObject(String name, long object, Log log) {
    this.name = name;
    this.object = object;
    this.log = log;
    // The pointers of maps and programs belong to the object and are valid while it is open.
    this.maps = list(object, NEXT_MAP, BpfMap::new);
    this.programs = list(object, NEXT_PROGRAM, program -> new BpfProgram(program, log));
  }

  private static <T> List<T> list(long object, NativeFunction next, LongFunction<T> wrap) {
    List<T> all = new ArrayList<>();
    for (long each = next.asLong(object, 0); each != 0; each = next.asLong(object, each)) {
      all.add(wrap.apply(each));
    }
    return List.copyOf(all);
  }

  /**
   * Parses a compiled object.
   *
   * @param name the file's name for messages
   * @param elf the file's bytes
   * @param btf an external BTF file of the running kernel; null for /sys/kernel/btf/vmlinux
   * @param log receives libbpf's messages as debug lines, until the object's programs are attached
   * @throws BpfException when the bytes are not a BPF object that libbpf accepts
   */
  public static OpenBpfObject open(String name, byte[] elf, @Nullable Path btf, Log log)
      throws BpfException {
    String operation = "open " + name;
    String problem = ElfFile.problem(elf);
    if (problem != null) {
      throw new BpfException(operation, 0, problem);
    }
    try (Arena arena = Arena.ofConfined();
        LibbpfLog said = LibbpfLog.capture(log)) {
      // libbpf copies what it needs of the file, so the buffer may be freed after the call.
      MemorySegment bytes = arena.allocate(elf.length, 8);
      MemorySegment.copy(elf, 0, bytes, ValueLayout.JAVA_BYTE, 0, elf.length);
      long object =
          OPEN_MEM.pointerOrErrno(
              address(bytes), elf.length, address(options(arena, objectName(name), btf)));
      if (object < 0) {
        throw BpfException.explained(operation, (int) -object, said);
      }
      return new OpenBpfObject(name, object, log);
    }
  }

  /** Creates the options structure; libbpf only reads the first {@code sz} bytes of it. */
  private static MemorySegment options(Arena arena, String objectName, @Nullable Path btf) {
    // struct bpf_object_open_opts: 0 size_t sz | 8 char *object_name | 16 bool relaxed_maps
    // 24 char *pin_root_path | 32 (unused) | 40 char *kconfig | 48 char *btf_custom_path
    MemorySegment options = arena.allocate(56, 8);
    options.set(ValueLayout.JAVA_LONG, 0, options.byteSize());
    options.set(ValueLayout.JAVA_LONG, 8, address(arena.allocateFrom(objectName)));
    if (btf != null) {
      options.set(ValueLayout.JAVA_LONG, 48, address(arena.allocateFrom(btf.toString())));
    }
    return options;
  }

  /**
   * Returns the name that libbpf would derive from a file name; the maps of global variables are
   * named after it.
   */
  private static String objectName(String fileName) {
    String base = fileName.substring(fileName.lastIndexOf('/') + 1);
    int dot = base.indexOf('.');
    return (dot < 0 ? base : base.substring(0, dot)).replace('-', '_');
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
   * Returns the object's programs, without those that are only loaded on request, {@code
   * SEC("?…")}, and were not requested.
   */
  public List<BpfProgram> programs() {
    return programs.stream().filter(BpfProgram::autoload).toList();
  }

  /** Requests programs, by name, that are only loaded on request; of others nothing is asked. */
  public void request(Set<String> names) throws BpfException {
    for (BpfProgram program : programs) {
      if (names.contains(program.name())) {
        program.setAutoload();
      }
    }
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

  /** Size of a global in bytes; empty when the object has none of this name. */
  public OptionalInt globalSize(String variable) {
    Optional<MemorySegment> slot = global(variable);
    return slot.isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of(Math.toIntExact(slot.get().byteSize()));
  }

  /** Returns the memory of a global's initial value, which is valid as long as the object. */
  private Optional<MemorySegment> global(String variable) {
    long opened = opened();
    for (BpfMap map : maps) {
      if (map.holdsGlobals()) {
        MemorySegment initial = map.initialValue();
        Optional<GlobalVariables.Place> place = GlobalVariables.find(opened, map.name(), variable);
        if (place.isPresent() && initial.address() != 0) {
          return Optional.of(initial.asSlice(place.get().offset(), place.get().size()));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Creates the maps and loads the programs, which the verifier checks.
   *
   * @throws BpfException when the kernel refuses; the hint contains the verifier's explanation
   */
  public BpfObject load() throws BpfException {
    long loading = opened();
    try (LibbpfLog said = LibbpfLog.capture(log)) {
      int result = LOAD.asInt(loading);
      if (result < 0) {
        close();
        String text = said.text();
        throw new BpfException("load " + name, -result, loadHint(-result, text), text);
      }
    }
    object = 0;
    maps.forEach(BpfMap::loaded);
    return new BpfObject(name, loading, maps, programs());
  }

  private String loadHint(int errno, String libbpfSaid) {
    String reason = VerifierLog.summary(libbpfSaid);
    if (errno != Errno.EPERM) {
      return reason;
    }
    Capability[] needed =
        Privileges.toLoad(
            programs.stream().map(BpfProgram::section).toList(),
            System.getProperty("os.version", ""));
    String hint = Privileges.hint(needed);
    // When a capability is missing, libbpf's own messages would be misleading.
    return Privileges.has(needed) ? hint + "; " + reason : hint;
  }

  private long opened() {
    if (object == 0) {
      throw new IllegalStateException(name + " is loaded or closed");
    }
    return object;
  }

  /** Frees the object unless it was loaded. */
  @Override
  public void close() {
    if (object != 0) {
      BpfObject.close(object, maps, programs);
      object = 0;
    }
  }
}
