// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * libbpf's functions as method handles, each with its C prototype. A nested class is initialised,
 * and its functions linked, on first use; functions of one shape share the linker's work.
 */
final class Libbpf {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");
  private static final VarHandle ERRNO =
      Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private static final FunctionDescriptor INT_PTR = FunctionDescriptor.of(JAVA_INT, ADDRESS);
  private static final FunctionDescriptor INT_PTR_INT =
      FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT);
  private static final FunctionDescriptor PTR_PTR = FunctionDescriptor.of(ADDRESS, ADDRESS);
  private static final FunctionDescriptor PTR_PTR_PTR =
      FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS);
  private static final FunctionDescriptor PTR_PTR_INT =
      FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT);
  private static final FunctionDescriptor INT_INT_PTR_PTR =
      FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
  private static final FunctionDescriptor VOID_PTR = FunctionDescriptor.ofVoid(ADDRESS);

  private Libbpf() {}

  private static MethodHandle link(
      String function, FunctionDescriptor descriptor, Linker.Option... options) {
    return LINKER
        .downcallHandle(descriptor, options)
        .bindTo(NativeLibrary.get().function(function));
  }

  /** A call that could not even be made: a bug of ours, or a JVM that is going down. */
  private static IllegalStateException broken(Throwable cause) {
    return new IllegalStateException("call into libbpf failed: " + cause, cause);
  }

  /**
   * A returned pointer, or the errno that came with NULL. Addresses from libbpf live until the
   * object or link that owns them is closed; the wrappers hold them no longer than that.
   */
  record Pointer(MemorySegment segment, int errno) {
    boolean isNull() {
      return segment.address() == 0;
    }
  }

  @FunctionalInterface
  private interface CapturedCall {
    MemorySegment call(MemorySegment state) throws Throwable;
  }

  private static Pointer capture(CapturedCall call) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      MemorySegment result = call.call(state);
      return new Pointer(result, (int) ERRNO.get(state, 0L));
    } catch (Throwable e) {
      throw broken(e);
    }
  }

  /** A C string that libbpf owns, copied; empty for NULL. */
  static String string(MemorySegment text) {
    // A string's length isn't known beforehand; it is NUL-terminated and owned by the caller's
    // object.
    return text.address() == 0 ? "" : text.reinterpret(Long.MAX_VALUE).getString(0);
  }

  /** {@code struct bpf_object} functions. */
  static final class Objects {
    // struct bpf_object *bpf_object__open_mem(const void *buf, size_t sz, const struct
    // bpf_object_open_opts *opts)
    private static final MethodHandle OPEN_MEM =
        link(
            "bpf_object__open_mem",
            FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, ADDRESS),
            CAPTURE);
    // int bpf_object__load(struct bpf_object *obj)
    private static final MethodHandle LOAD = link("bpf_object__load", INT_PTR);
    // void bpf_object__close(struct bpf_object *obj)
    private static final MethodHandle CLOSE = link("bpf_object__close", VOID_PTR);
    // struct bpf_map *bpf_object__next_map(const struct bpf_object *obj, const struct bpf_map *map)
    private static final MethodHandle NEXT_MAP = link("bpf_object__next_map", PTR_PTR_PTR);
    // struct bpf_program *bpf_object__next_program(const struct bpf_object *obj, struct bpf_program
    // *prog)
    private static final MethodHandle NEXT_PROGRAM = link("bpf_object__next_program", PTR_PTR_PTR);
    // struct btf *bpf_object__btf(const struct bpf_object *obj)
    private static final MethodHandle BTF = link("bpf_object__btf", PTR_PTR);

    private Objects() {}

    static Pointer openMem(MemorySegment elf, MemorySegment opts) {
      return capture(
          state -> (MemorySegment) OPEN_MEM.invokeExact(state, elf, elf.byteSize(), opts));
    }

    static int load(MemorySegment object) {
      try {
        return (int) LOAD.invokeExact(object);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static void close(MemorySegment object) {
      try {
        CLOSE.invokeExact(object);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static MemorySegment nextMap(MemorySegment object, MemorySegment map) {
      try {
        return (MemorySegment) NEXT_MAP.invokeExact(object, map);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static MemorySegment nextProgram(MemorySegment object, MemorySegment program) {
      try {
        return (MemorySegment) NEXT_PROGRAM.invokeExact(object, program);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static MemorySegment btf(MemorySegment object) {
      try {
        return (MemorySegment) BTF.invokeExact(object);
      } catch (Throwable e) {
        throw broken(e);
      }
    }
  }

  /** {@code struct bpf_map} functions. */
  static final class Maps {
    // const char *bpf_map__name(const struct bpf_map *map)
    private static final MethodHandle NAME = link("bpf_map__name", PTR_PTR);
    // int bpf_map__fd(const struct bpf_map *map)
    private static final MethodHandle FD = link("bpf_map__fd", INT_PTR);
    // enum bpf_map_type bpf_map__type(const struct bpf_map *map)
    private static final MethodHandle TYPE = link("bpf_map__type", INT_PTR);
    // __u32 bpf_map__key_size(const struct bpf_map *map)
    private static final MethodHandle KEY_SIZE = link("bpf_map__key_size", INT_PTR);
    // __u32 bpf_map__value_size(const struct bpf_map *map)
    private static final MethodHandle VALUE_SIZE = link("bpf_map__value_size", INT_PTR);
    // __u32 bpf_map__max_entries(const struct bpf_map *map)
    private static final MethodHandle MAX_ENTRIES = link("bpf_map__max_entries", INT_PTR);
    // int bpf_map__set_max_entries(struct bpf_map *map, __u32 max_entries)
    private static final MethodHandle SET_MAX_ENTRIES =
        link("bpf_map__set_max_entries", INT_PTR_INT);
    // void *bpf_map__initial_value(const struct bpf_map *map, size_t *psize)
    private static final MethodHandle INITIAL_VALUE = link("bpf_map__initial_value", PTR_PTR_PTR);

    private Maps() {}

    static String name(MemorySegment map) {
      try {
        return string((MemorySegment) NAME.invokeExact(map));
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    private static int number(MethodHandle getter, MemorySegment map) {
      try {
        return (int) getter.invokeExact(map);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int fd(MemorySegment map) {
      return number(FD, map);
    }

    static int type(MemorySegment map) {
      return number(TYPE, map);
    }

    static int keySize(MemorySegment map) {
      return number(KEY_SIZE, map);
    }

    static int valueSize(MemorySegment map) {
      return number(VALUE_SIZE, map);
    }

    static int maxEntries(MemorySegment map) {
      return number(MAX_ENTRIES, map);
    }

    static int setMaxEntries(MemorySegment map, int maxEntries) {
      try {
        return (int) SET_MAX_ENTRIES.invokeExact(map, maxEntries);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    /** The map's initial value, bounded; empty when it has none. It lives as long as the object. */
    static MemorySegment initialValue(MemorySegment map) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment size = arena.allocate(JAVA_LONG);
        MemorySegment value = (MemorySegment) INITIAL_VALUE.invokeExact(map, size);
        return value.address() == 0
            ? MemorySegment.NULL
            : value.reinterpret(size.get(JAVA_LONG, 0));
      } catch (Throwable e) {
        throw broken(e);
      }
    }
  }

  /** {@code struct bpf_program} functions. */
  static final class Programs {
    // const char *bpf_program__name(const struct bpf_program *prog)
    private static final MethodHandle NAME = link("bpf_program__name", PTR_PTR);
    // const char *bpf_program__section_name(const struct bpf_program *prog)
    private static final MethodHandle SECTION_NAME = link("bpf_program__section_name", PTR_PTR);
    // int bpf_program__fd(const struct bpf_program *prog)
    private static final MethodHandle FD = link("bpf_program__fd", INT_PTR);
    // enum bpf_prog_type bpf_program__type(const struct bpf_program *prog)
    private static final MethodHandle TYPE = link("bpf_program__type", INT_PTR);
    // int bpf_program__set_type(struct bpf_program *prog, enum bpf_prog_type type)
    private static final MethodHandle SET_TYPE = link("bpf_program__set_type", INT_PTR_INT);
    // int bpf_program__set_expected_attach_type(struct bpf_program *prog, enum bpf_attach_type
    // type)
    private static final MethodHandle SET_EXPECTED_ATTACH_TYPE =
        link("bpf_program__set_expected_attach_type", INT_PTR_INT);

    private Programs() {}

    static String name(MemorySegment program) {
      try {
        return string((MemorySegment) NAME.invokeExact(program));
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static String sectionName(MemorySegment program) {
      try {
        return string((MemorySegment) SECTION_NAME.invokeExact(program));
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int fd(MemorySegment program) {
      try {
        return (int) FD.invokeExact(program);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int type(MemorySegment program) {
      try {
        return (int) TYPE.invokeExact(program);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int setType(MemorySegment program, int type) {
      try {
        return (int) SET_TYPE.invokeExact(program, type);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int setExpectedAttachType(MemorySegment program, int type) {
      try {
        return (int) SET_EXPECTED_ATTACH_TYPE.invokeExact(program, type);
      } catch (Throwable e) {
        throw broken(e);
      }
    }
  }

  /** Attaching, and {@code struct bpf_link}. */
  static final class Links {
    // struct bpf_link *bpf_program__attach(const struct bpf_program *prog)
    private static final MethodHandle ATTACH = link("bpf_program__attach", PTR_PTR, CAPTURE);
    // int bpf_link__destroy(struct bpf_link *link)
    private static final MethodHandle DESTROY = link("bpf_link__destroy", INT_PTR);
    // int bpf_link__pin(struct bpf_link *link, const char *path)
    private static final MethodHandle PIN =
        link("bpf_link__pin", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));

    private Links() {}

    static Pointer attach(MemorySegment program) {
      return capture(state -> (MemorySegment) ATTACH.invokeExact(state, program));
    }

    static int destroy(MemorySegment link) {
      try {
        return (int) DESTROY.invokeExact(link);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int pin(MemorySegment link, MemorySegment path) {
      try {
        return (int) PIN.invokeExact(link, path);
      } catch (Throwable e) {
        throw broken(e);
      }
    }
  }

  /** Attaching with a target that libbpf can't take from the section's name. */
  static final class Targets {
    // struct bpf_link *bpf_program__attach_perf_event(const struct bpf_program *prog, int pfd)
    private static final MethodHandle ATTACH_PERF_EVENT =
        link("bpf_program__attach_perf_event", PTR_PTR_INT, CAPTURE);
    // struct bpf_link *bpf_program__attach_xdp(const struct bpf_program *prog, int ifindex)
    private static final MethodHandle ATTACH_XDP =
        link("bpf_program__attach_xdp", PTR_PTR_INT, CAPTURE);
    // struct bpf_link *bpf_program__attach_iter(const struct bpf_program *prog, const struct
    // bpf_iter_attach_opts *opts)
    private static final MethodHandle ATTACH_ITER =
        link("bpf_program__attach_iter", FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS), CAPTURE);
    // struct bpf_link *bpf_program__attach_uprobe_opts(const struct bpf_program *prog, pid_t pid,
    // const char *binary_path, size_t func_offset, const struct bpf_uprobe_opts *opts)
    private static final MethodHandle ATTACH_UPROBE_OPTS =
        link(
            "bpf_program__attach_uprobe_opts",
            FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS),
            CAPTURE);

    // struct bpf_link *bpf_program__attach_usdt(const struct bpf_program *prog, pid_t pid, const
    // char *binary_path, const char *usdt_provider, const char *usdt_name, const struct
    // bpf_usdt_opts *opts)
    private static MethodHandle attachUsdt() {
      return link(
          "bpf_program__attach_usdt",
          FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS),
          CAPTURE);
    }

    private Targets() {}

    static Pointer usdt(
        MemorySegment program,
        int pid,
        MemorySegment path,
        MemorySegment provider,
        MemorySegment name) {
      MethodHandle attach = attachUsdt();
      return capture(
          state ->
              (MemorySegment)
                  attach.invokeExact(
                      state, program, pid, path, provider, name, MemorySegment.NULL));
    }

    static Pointer attachIterator(MemorySegment program, MemorySegment options) {
      return capture(state -> (MemorySegment) ATTACH_ITER.invokeExact(state, program, options));
    }

    static Pointer perfEvent(MemorySegment program, int perfEventFd) {
      return capture(
          state -> (MemorySegment) ATTACH_PERF_EVENT.invokeExact(state, program, perfEventFd));
    }

    static Pointer xdp(MemorySegment program, int ifindex) {
      return capture(state -> (MemorySegment) ATTACH_XDP.invokeExact(state, program, ifindex));
    }

    static Pointer uprobe(
        MemorySegment program, int pid, MemorySegment path, long offset, MemorySegment opts) {
      return capture(
          state ->
              (MemorySegment)
                  ATTACH_UPROBE_OPTS.invokeExact(state, program, pid, path, offset, opts));
    }
  }

  /** The {@code bpf(2)} commands on maps and programs, by file descriptor. */
  static final class Syscalls {
    // int bpf_map_lookup_batch(int fd, void *in_batch, void *out_batch, void *keys, void *values,
    // __u32 *count, const struct bpf_map_batch_opts *opts)
    private static final MethodHandle LOOKUP_BATCH =
        link(
            "bpf_map_lookup_batch",
            FunctionDescriptor.of(
                JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    // int bpf_map_get_next_key(int fd, const void *key, void *next_key)
    private static final MethodHandle GET_NEXT_KEY = link("bpf_map_get_next_key", INT_INT_PTR_PTR);
    // int bpf_map_lookup_elem(int fd, const void *key, void *value)
    private static final MethodHandle LOOKUP_ELEM = link("bpf_map_lookup_elem", INT_INT_PTR_PTR);
    // int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
    private static final MethodHandle UPDATE_ELEM =
        link(
            "bpf_map_update_elem",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
    // int bpf_map_delete_elem(int fd, const void *key)
    private static final MethodHandle DELETE_ELEM =
        link("bpf_map_delete_elem", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    // int bpf_prog_get_info_by_fd(int prog_fd, struct bpf_prog_info *info, __u32 *info_len)
    private static final MethodHandle PROG_GET_INFO_BY_FD =
        link("bpf_prog_get_info_by_fd", INT_INT_PTR_PTR);

    // int bpf_prog_test_run_opts(int prog_fd, struct bpf_test_run_opts *opts)
    private static final MethodHandle PROG_TEST_RUN_OPTS =
        link("bpf_prog_test_run_opts", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));

    private Syscalls() {}

    static int lookupBatch(
        int fd,
        MemorySegment inBatch,
        MemorySegment outBatch,
        MemorySegment keys,
        MemorySegment values,
        MemorySegment count) {
      try {
        return (int)
            LOOKUP_BATCH.invokeExact(
                fd, inBatch, outBatch, keys, values, count, MemorySegment.NULL);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int nextKey(int fd, MemorySegment key, MemorySegment next) {
      try {
        return (int) GET_NEXT_KEY.invokeExact(fd, key, next);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int lookup(int fd, MemorySegment key, MemorySegment value) {
      try {
        return (int) LOOKUP_ELEM.invokeExact(fd, key, value);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int update(int fd, MemorySegment key, MemorySegment value) {
      try {
        return (int) UPDATE_ELEM.invokeExact(fd, key, value, 0L);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int delete(int fd, MemorySegment key) {
      try {
        return (int) DELETE_ELEM.invokeExact(fd, key);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int testRun(int fd, MemorySegment opts) {
      try {
        return (int) PROG_TEST_RUN_OPTS.invokeExact(fd, opts);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int programInfo(int fd, MemorySegment info, MemorySegment length) {
      try {
        return (int) PROG_GET_INFO_BY_FD.invokeExact(fd, info, length);
      } catch (Throwable e) {
        throw broken(e);
      }
    }
  }

  /** {@code struct bpf_test_run_opts} with a program's arguments. */
  static MemorySegment testRunOpts(Arena arena, MemorySegment context) {
    //  0 size_t sz | 8 void *data_in | 16 void *data_out | 24 u32 data_size_in | 28 data_size_out
    // 32 void *ctx_in | 40 void *ctx_out | 48 u32 ctx_size_in | 52 ctx_size_out | 56 u32 retval
    // 60 int repeat | 64 u32 duration | 68 u32 flags | 72 u32 cpu | 76 u32 batch_size
    MemorySegment opts = arena.allocate(80, 8);
    opts.set(JAVA_LONG, 0, 80);
    opts.set(ADDRESS, 32, context);
    opts.set(JAVA_INT, 48, (int) context.byteSize());
    return opts;
  }

  /** Where {@link #testRunOpts} has what the program returned. */
  static final long TEST_RUN_RETVAL = 56;

  /** Maps and their names in a BPF file system. */
  static final class Pins {
    // int bpf_obj_pin(int fd, const char *pathname)
    private static final MethodHandle OBJ_PIN =
        link("bpf_obj_pin", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS));
    // int bpf_obj_get_opts(const char *pathname, const struct bpf_obj_get_opts *opts)
    private static final MethodHandle OBJ_GET_OPTS =
        link("bpf_obj_get_opts", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
    // int bpf_map_get_info_by_fd(int map_fd, struct bpf_map_info *info, __u32 *info_len)
    private static final MethodHandle MAP_GET_INFO_BY_FD =
        link("bpf_map_get_info_by_fd", INT_INT_PTR_PTR);
    // int bpf_map_create(enum bpf_map_type map_type, const char *map_name, __u32 key_size, __u32
    // value_size, __u32 max_entries, const struct bpf_map_create_opts *opts)
    private static final MethodHandle MAP_CREATE =
        link(
            "bpf_map_create",
            FunctionDescriptor.of(
                JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));

    private Pins() {}

    static int pin(int fd, MemorySegment path) {
      try {
        return (int) OBJ_PIN.invokeExact(fd, path);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int get(MemorySegment path, MemorySegment opts) {
      try {
        return (int) OBJ_GET_OPTS.invokeExact(path, opts);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int mapInfo(int fd, MemorySegment info, MemorySegment length) {
      try {
        return (int) MAP_GET_INFO_BY_FD.invokeExact(fd, info, length);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int createArray(MemorySegment name, int valueSize) {
      try {
        return (int)
            MAP_CREATE.invokeExact(
                BpfMap.ARRAY, name, Integer.BYTES, valueSize, 1, MemorySegment.NULL);
      } catch (Throwable e) {
        throw broken(e);
      }
    }
  }

  /** {@code struct btf} functions. */
  static final class Btf {
    // struct btf *btf__load_vmlinux_btf(void)
    private static final MethodHandle LOAD_VMLINUX =
        link("btf__load_vmlinux_btf", FunctionDescriptor.of(ADDRESS), CAPTURE);
    // struct btf *btf__parse(const char *path, struct btf_ext **btf_ext)
    private static final MethodHandle PARSE = link("btf__parse", PTR_PTR_PTR, CAPTURE);
    // void btf__free(struct btf *btf)
    private static final MethodHandle FREE = link("btf__free", VOID_PTR);
    // __s32 btf__find_by_name_kind(const struct btf *btf, const char *type_name, __u32 kind)
    private static final MethodHandle FIND_BY_NAME_KIND =
        link("btf__find_by_name_kind", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
    // const struct btf_type *btf__type_by_id(const struct btf *btf, __u32 id)
    private static final MethodHandle TYPE_BY_ID = link("btf__type_by_id", PTR_PTR_INT);
    // const char *btf__name_by_offset(const struct btf *btf, __u32 offset)
    private static final MethodHandle NAME_BY_OFFSET = link("btf__name_by_offset", PTR_PTR_INT);

    private Btf() {}

    static Pointer loadVmlinux() {
      return capture(state -> (MemorySegment) LOAD_VMLINUX.invokeExact(state));
    }

    static Pointer parse(MemorySegment path) {
      return capture(state -> (MemorySegment) PARSE.invokeExact(state, path, MemorySegment.NULL));
    }

    static void free(MemorySegment btf) {
      try {
        FREE.invokeExact(btf);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int findByNameKind(MemorySegment btf, MemorySegment name, int kind) {
      try {
        return (int) FIND_BY_NAME_KIND.invokeExact(btf, name, kind);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static MemorySegment typeById(MemorySegment btf, int id) {
      try {
        return (MemorySegment) TYPE_BY_ID.invokeExact(btf, id);
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static String nameByOffset(MemorySegment btf, int offset) {
      try {
        return string((MemorySegment) NAME_BY_OFFSET.invokeExact(btf, offset));
      } catch (Throwable e) {
        throw broken(e);
      }
    }
  }

  /** Functions about the library and the machine. */
  static final class Global {
    // const char *libbpf_version_string(void)
    private static final MethodHandle VERSION_STRING =
        link("libbpf_version_string", FunctionDescriptor.of(ADDRESS));
    // int libbpf_num_possible_cpus(void)
    private static final MethodHandle NUM_POSSIBLE_CPUS =
        link("libbpf_num_possible_cpus", FunctionDescriptor.of(JAVA_INT));
    // libbpf_print_fn_t libbpf_set_print(libbpf_print_fn_t fn)
    private static final MethodHandle SET_PRINT = link("libbpf_set_print", PTR_PTR);

    private Global() {}

    static String versionString() {
      try {
        return string((MemorySegment) VERSION_STRING.invokeExact());
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static int numPossibleCpus() {
      try {
        return (int) NUM_POSSIBLE_CPUS.invokeExact();
      } catch (Throwable e) {
        throw broken(e);
      }
    }

    static void setPrint(MemorySegment callback) {
      try {
        MemorySegment previous = (MemorySegment) SET_PRINT.invokeExact(callback);
        assert previous != null;
      } catch (Throwable e) {
        throw broken(e);
      }
    }
  }

  /**
   * {@code struct bpf_object_open_opts} of libbpf.h; libbpf reads only as much as {@code sz} says.
   */
  static MemorySegment openOpts(Arena arena, String objectName, MemorySegment btfPath) {
    //  0 size_t sz | 8 char *object_name | 16 bool relaxed_maps | 24 char *pin_root_path
    // 32 (unused) | 40 char *kconfig | 48 char *btf_custom_path
    MemorySegment opts = arena.allocate(56, 8);
    opts.set(JAVA_LONG, 0, 56);
    opts.set(ADDRESS, 8, arena.allocateFrom(objectName));
    opts.set(JAVA_BOOLEAN, 16, false);
    opts.set(ADDRESS, 48, btfPath);
    return opts;
  }

  /** {@code struct bpf_uprobe_opts} with a function's name. */
  static MemorySegment uprobeOpts(Arena arena, String function, boolean onReturn) {
    // 0 size_t sz | 8 size_t ref_ctr_offset | 16 __u64 bpf_cookie | 24 bool retprobe | 32 char
    // *func_name
    MemorySegment opts = arena.allocate(40, 8);
    opts.set(JAVA_LONG, 0, 40);
    opts.set(JAVA_BOOLEAN, 24, onReturn);
    opts.set(ADDRESS, 32, arena.allocateFrom(function));
    return opts;
  }

  /** The layout of all 32-bit fields of kernel structures, which need not be aligned in ours. */
  static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED;
}
