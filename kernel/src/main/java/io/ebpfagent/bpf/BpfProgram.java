// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.linux.NativeFunction.address;

import io.ebpfagent.linux.Capability;
import io.ebpfagent.linux.Cpus;
import io.ebpfagent.linux.Descriptors;
import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.NativeFunction;
import io.ebpfagent.linux.PerfEvent;
import io.ebpfagent.linux.Privileges;
import io.ebpfagent.log.Log;
import java.io.File;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;

/** A program of an object. Attaching and {@link #info} require that the object is loaded. */
public final class BpfProgram {
  // enum bpf_prog_type and enum bpf_attach_type of bpf.h
  private static final int BPF_PROG_TYPE_UNSPEC = 0;
  private static final int BPF_PROG_TYPE_XDP = 6;
  private static final int BPF_PROG_TYPE_PERF_EVENT = 7;
  private static final int BPF_XDP = 37;

  // struct bpf_prog_info of bpf.h, up to run_cnt
  private static final int INFO_BYTES = 208;
  private static final int INFO_ID = 4;
  private static final int INFO_TAG = 8;
  private static final int INFO_RUN_TIME_NS = 192;
  private static final int INFO_RUN_CNT = 200;

  private static final File SYS_CLASS_NET = new File("/sys/class/net");

  // const char *bpf_program__name(const struct bpf_program *prog)
  private static final NativeFunction NAME = Libbpf.function("bpf_program__name");
  // const char *bpf_program__section_name(const struct bpf_program *prog)
  private static final NativeFunction SECTION_NAME = Libbpf.function("bpf_program__section_name");
  // int bpf_program__set_autoload(struct bpf_program *prog, bool autoload)
  private static final NativeFunction SET_AUTOLOAD = Libbpf.function("bpf_program__set_autoload");
  // bool bpf_program__autoload(const struct bpf_program *prog)
  private static final NativeFunction AUTOLOAD = Libbpf.function("bpf_program__autoload");
  // int bpf_program__fd(const struct bpf_program *prog)
  private static final NativeFunction FD = Libbpf.function("bpf_program__fd");
  // enum bpf_prog_type bpf_program__type(const struct bpf_program *prog)
  private static final NativeFunction TYPE = Libbpf.function("bpf_program__type");
  // int bpf_program__set_type(struct bpf_program *prog, enum bpf_prog_type type)
  private static final NativeFunction SET_TYPE = Libbpf.function("bpf_program__set_type");
  // int bpf_program__set_expected_attach_type(struct bpf_program *prog, enum bpf_attach_type type)
  private static final NativeFunction SET_EXPECTED_ATTACH_TYPE =
      Libbpf.function("bpf_program__set_expected_attach_type");
  // int bpf_prog_get_info_by_fd(int prog_fd, struct bpf_prog_info *info, __u32 *info_len)
  private static final NativeFunction GET_INFO = Libbpf.function("bpf_prog_get_info_by_fd");
  // int bpf_prog_test_run_opts(int prog_fd, struct bpf_test_run_opts *opts)
  private static final NativeFunction TEST_RUN = Libbpf.function("bpf_prog_test_run_opts");

  // struct bpf_link *bpf_program__attach(const struct bpf_program *prog)
  private static final NativeFunction ATTACH = Libbpf.function("bpf_program__attach");
  // struct bpf_link *bpf_program__attach_xdp(const struct bpf_program *prog, int ifindex)
  private static final NativeFunction ATTACH_XDP = Libbpf.function("bpf_program__attach_xdp");
  // struct bpf_link *bpf_program__attach_perf_event(const struct bpf_program *prog, int pfd)
  private static final NativeFunction ATTACH_PERF_EVENT =
      Libbpf.function("bpf_program__attach_perf_event");
  // struct bpf_link *bpf_program__attach_iter(const struct bpf_program *prog, const struct
  // bpf_iter_attach_opts *opts)
  private static final NativeFunction ATTACH_ITER = Libbpf.function("bpf_program__attach_iter");
  // struct bpf_link *bpf_program__attach_uprobe_opts(const struct bpf_program *prog, pid_t pid,
  // const char *binary_path, size_t func_offset, const struct bpf_uprobe_opts *opts)
  private static final NativeFunction ATTACH_UPROBE =
      Libbpf.function("bpf_program__attach_uprobe_opts");
  // struct bpf_link *bpf_program__attach_usdt(const struct bpf_program *prog, pid_t pid, const char
  // *binary_path, const char *usdt_provider, const char *usdt_name, const struct bpf_usdt_opts
  // *opts)
  private static final NativeFunction ATTACH_USDT = Libbpf.function("bpf_program__attach_usdt");
  // unsigned int if_nametoindex(const char *ifname)
  private static final NativeFunction IF_NAMETOINDEX = NativeFunction.libc("if_nametoindex");

  private final long pointer;
  private final String name;
  private final String section;
  private final Log log;
  private boolean open = true;

  BpfProgram(long pointer, Log log) {
    this.pointer = pointer;
    this.name = NativeFunction.string(NAME.asLong(pointer));
    this.section = NativeFunction.string(SECTION_NAME.asLong(pointer));
    this.log = log;
    typeFromSection();
  }

  /**
   * Sets the program's type. libbpf recognizes the sections "xdp" and "perf_event" only without the
   * target that follows in ours.
   */
  private void typeFromSection() {
    if (TYPE.asInt(pointer) != BPF_PROG_TYPE_UNSPEC) {
      return;
    }
    if (section.startsWith("xdp/")) {
      SET_TYPE.asInt(pointer, BPF_PROG_TYPE_XDP);
      SET_EXPECTED_ATTACH_TYPE.asInt(pointer, BPF_XDP);
    } else if (section.startsWith(PerfEvent.PREFIX)) {
      SET_TYPE.asInt(pointer, BPF_PROG_TYPE_PERF_EVENT);
    }
  }

  /** Makes the program be loaded with its object, which left that to whoever opens it. */
  void setAutoload() throws BpfException {
    int result = SET_AUTOLOAD.asInt(pointer, 1);
    if (result < 0) {
      throw new BpfException("load program " + name, -result, "");
    }
  }

  /** Whether the program is loaded with its object. */
  boolean autoload() {
    return (AUTOLOAD.asInt(pointer) & 1) != 0;
  }

  /** Returns the C function's name. */
  public String name() {
    return name;
  }

  /** Returns the ELF section, which says where to attach: {@code tp_btf/timer_start}. */
  public String section() {
    return section;
  }

  /** Attaches as the section says; for all sections that libbpf attaches by itself. */
  public BpfLink attach() throws BpfException {
    return attach("CAP_PERFMON", ATTACH, pointer());
  }

  /** Attaches to a network interface of this network namespace, such as {@code eth0}. */
  public BpfLink attachXdp(String device) throws BpfException {
    int index;
    try (Arena arena = Arena.ofConfined()) {
      index = IF_NAMETOINDEX.asInt(address(arena.allocateFrom(device)));
    }
    if (index == 0) {
      throw failure(Errno.ENODEV, "there is no interface " + device + interfaces());
    }
    try {
      return attach("CAP_NET_ADMIN", ATTACH_XDP, pointer(), index);
    } catch (BpfException e) {
      throw e.errno() == Errno.EBUSY
          ? failure(Errno.EBUSY, "another XDP program is attached to " + device)
          : e;
    }
  }

  private static String interfaces() {
    String[] names = SYS_CLASS_NET.list();
    return names == null ? "" : "; there are " + String.join(", ", new TreeSet<>(List.of(names)));
  }

  /**
   * Opens the perf event that the section {@code perf_event/type=T,config=C,frequency=F} describes
   * on every CPU that is online now, and attaches to each.
   *
   * @return a link for every CPU
   * @throws BpfException when the event can't be opened on one of them; then nothing is attached
   */
  public List<BpfLink> attachPerfEvents() throws BpfException {
    PerfEvent event;
    try {
      event = PerfEvent.parse(section);
    } catch (IllegalArgumentException e) {
      throw failure(0, String.valueOf(e.getMessage()));
    }
    List<BpfLink> links = new ArrayList<>();
    try {
      for (int cpu : Cpus.online()) {
        links.add(attach(event, cpu));
      }
      return links;
    } catch (BpfException | RuntimeException | Error e) {
      links.forEach(BpfLink::close);
      throw e;
    }
  }

  /** Opens a perf event and attaches to it; the link owns the event. */
  private BpfLink attach(PerfEvent event, int cpu) throws BpfException {
    int fd = event.open(cpu);
    if (fd < 0) {
      throw failure(-fd, event.hint(-fd));
    }
    boolean attached = false;
    try {
      BpfLink link = attach("CAP_PERFMON", ATTACH_PERF_EVENT, pointer(), fd);
      attached = true;
      return link;
    } finally {
      if (!attached) {
        Descriptors.close(fd);
      }
    }
  }

  /**
   * Attaches an iterator over a map's rows to a map.
   *
   * @throws BpfException {@code EINVAL} when the kernel can't iterate over maps of that type
   */
  public BpfLink attachToRows(BpfMap map) throws BpfException {
    try (Arena arena = Arena.ofConfined()) {
      // union bpf_iter_link_info: 0 u32 map_fd
      MemorySegment info = arena.allocateFrom(ValueLayout.JAVA_INT, map.fd());
      // struct bpf_iter_attach_opts: 0 size_t sz | 8 union bpf_iter_link_info *link_info
      // 16 u32 link_info_len
      MemorySegment options = arena.allocate(24, 8);
      options.set(ValueLayout.JAVA_LONG, 0, options.byteSize());
      options.set(ValueLayout.JAVA_LONG, 8, address(info));
      options.set(ValueLayout.JAVA_INT, 16, (int) info.byteSize());
      return attach("CAP_PERFMON", ATTACH_ITER, pointer(), address(options));
    }
  }

  /**
   * Attaches to a function of a program or library.
   *
   * @param pid the process in which the uprobe fires; -1 for every process
   * @param onReturn whether it fires where the function returns
   * @param path the file, or a name such as {@code libc.so.6} that is looked up as the system does
   * @param offset from the function's beginning, in bytes
   */
  public BpfLink attachUprobe(int pid, boolean onReturn, String path, String function, long offset)
      throws BpfException {
    try (Arena arena = Arena.ofConfined()) {
      // struct bpf_uprobe_opts: 0 size_t sz | 8 size_t ref_ctr_offset | 16 __u64 bpf_cookie
      // 24 bool retprobe | 32 char *func_name
      MemorySegment options = arena.allocate(40, 8);
      options.set(ValueLayout.JAVA_LONG, 0, options.byteSize());
      options.set(ValueLayout.JAVA_BOOLEAN, 24, onReturn);
      options.set(ValueLayout.JAVA_LONG, 32, address(arena.allocateFrom(function)));
      return attach(
          toProbe(),
          ATTACH_UPROBE,
          pointer(),
          pid,
          address(arena.allocateFrom(path)),
          offset,
          address(options));
    }
  }

  /**
   * Attaches to a USDT probe of a program or library.
   *
   * @param pid the process in which the probe fires; -1 for every process
   * @param path the file, or a name that is looked up as the system does
   */
  public BpfLink attachUsdt(int pid, String path, String provider, String probe)
      throws BpfException {
    try (Arena arena = Arena.ofConfined()) {
      return attach(
          toProbe(),
          ATTACH_USDT,
          pointer(),
          pid,
          address(arena.allocateFrom(path)),
          address(arena.allocateFrom(provider)),
          address(arena.allocateFrom(probe)));
    }
  }

  /**
   * What a refused probe of user code lacks. On newer kernels (6.18, for one), who may trace the
   * kernel may not yet do that.
   */
  private static String toProbe() {
    return Privileges.has(Capability.CAP_PERFMON) ? "CAP_SYS_ADMIN" : "CAP_PERFMON";
  }

  /**
   * Runs the program once, in this process: it is attached for a moment to a function of libbpf
   * that only returns the version.
   */
  public void runOnce() throws BpfException {
    int self = Math.toIntExact(ProcessHandle.current().pid());
    try (BpfLink link =
        attachUprobe(self, false, Libbpf.library().path(), Libbpf.VERSION_FUNCTION, 0)) {
      assert link != null;
      Libbpf.function(Libbpf.VERSION_FUNCTION).asLong();
    }
  }

  private BpfLink attach(String capability, NativeFunction function, long... arguments)
      throws BpfException {
    try (LibbpfLog said = LibbpfLog.capture(log)) {
      long link = function.pointerOrErrno(arguments);
      if (link < 0) {
        String text = said.text();
        int errno = (int) -link;
        throw new BpfException(
            attaching(), errno, hint(errno, capability, VerifierLog.summary(text)), text);
      }
      return new BpfLink(link);
    }
  }

  private String hint(int errno, String capability, String reason) {
    String tracefs = Privileges.tracefsHint(section);
    if (!tracefs.isEmpty()) {
      return tracefs;
    }
    if (errno == Errno.EPERM || errno == Errno.EACCES) {
      // Where that is missing, it is the reason; libbpf only names the file.
      boolean known = reason.isEmpty() || !Privileges.has(Capability.valueOf(capability));
      return Privileges.hint(capability) + (known ? "" : "; " + reason);
    }
    return reason;
  }

  /** Returns the exception for a program whose section can't be attached. */
  public BpfException unattachable(String reason) {
    return failure(0, reason);
  }

  private BpfException failure(int errno, String hint) {
    return new BpfException(attaching(), errno, hint);
  }

  private String attaching() {
    return "attach program " + name + " to " + section;
  }

  /**
   * Runs a loaded {@code raw_tp} program once, attached or not, with the given arguments.
   *
   * @param arguments the program's arguments, at least as many as it reads and at most 12
   * @return what the program returned
   * @throws BpfException when the kernel can't run a program of this type
   */
  public synchronized int testRun(long... arguments) throws BpfException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment context = arena.allocateFrom(ValueLayout.JAVA_LONG, arguments);
      // struct bpf_test_run_opts: 0 size_t sz | 8 void *data_in | 16 void *data_out
      // 24 u32 data_size_in | 28 data_size_out | 32 void *ctx_in | 40 void *ctx_out
      // 48 u32 ctx_size_in | 52 ctx_size_out | 56 u32 retval | 60 int repeat | 64 u32 duration
      // 68 u32 flags | 72 u32 cpu | 76 u32 batch_size
      MemorySegment options = arena.allocate(80, 8);
      options.set(ValueLayout.JAVA_LONG, 0, options.byteSize());
      options.set(ValueLayout.JAVA_LONG, 32, address(context));
      options.set(ValueLayout.JAVA_INT, 48, (int) context.byteSize());
      BpfException.check(
          "run program " + name, TEST_RUN.asInt(FD.asInt(pointer()), address(options)));
      return options.get(ValueLayout.JAVA_INT, 56);
    }
  }

  /**
   * The kernel's information about a loaded program.
   *
   * @param id the kernel's number for it
   * @param tag hash of its instructions, 16 hex digits
   * @param runTimeNanos time spent in it in nanoseconds, counted while kernel.bpf_stats_enabled is
   *     1
   * @param runCount how often it ran, counted while kernel.bpf_stats_enabled is 1
   */
  public record Info(int id, String tag, long runTimeNanos, long runCount) {}

  public synchronized Info info() throws BpfException {
    try (Arena arena = Arena.ofConfined()) {
      KernelBuffer buffer = new KernelBuffer(arena, INFO_BYTES);
      MemorySegment length = arena.allocateFrom(ValueLayout.JAVA_INT, INFO_BYTES);
      BpfException.check(
          "read info of program " + name,
          GET_INFO.asInt(FD.asInt(pointer()), buffer.address(), address(length)));
      assert buffer.isIntact();
      MemorySegment info = buffer.memory();
      byte[] tag = info.asSlice(INFO_TAG, 8).toArray(ValueLayout.JAVA_BYTE);
      return new Info(
          info.get(ValueLayout.JAVA_INT, INFO_ID),
          HexFormat.of().formatHex(tag),
          info.get(ValueLayout.JAVA_LONG, INFO_RUN_TIME_NS),
          info.get(ValueLayout.JAVA_LONG, INFO_RUN_CNT));
    }
  }

  private synchronized long pointer() {
    if (!open) {
      throw new IllegalStateException("program " + name + ": its object is closed");
    }
    return pointer;
  }

  /** Marks the program as closed, after waiting for queries in progress. */
  synchronized void closed() {
    open = false;
  }
}
