// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import io.ebpfagent.linux.Cpus;
import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.Libc;
import io.ebpfagent.linux.PerfEvent;
import io.ebpfagent.linux.Privileges;
import java.io.File;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;

/** A program of an object. Attaching and {@link #info} want the object loaded. */
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

  private final MemorySegment pointer;
  private final String name;
  private final String section;
  private volatile boolean open = true;

  BpfProgram(MemorySegment pointer) {
    this.pointer = pointer;
    this.name = Libbpf.Programs.name(pointer);
    this.section = Libbpf.Programs.sectionName(pointer);
    typeFromSection();
  }

  /**
   * libbpf knows "xdp" and "perf_event" only without the target that a config's object names behind
   * it.
   */
  private void typeFromSection() {
    if (Libbpf.Programs.type(pointer) != BPF_PROG_TYPE_UNSPEC) {
      return;
    }
    if (section.startsWith("xdp/")) {
      Libbpf.Programs.setType(pointer, BPF_PROG_TYPE_XDP);
      Libbpf.Programs.setExpectedAttachType(pointer, BPF_XDP);
    } else if (section.startsWith(PerfEvent.PREFIX)) {
      Libbpf.Programs.setType(pointer, BPF_PROG_TYPE_PERF_EVENT);
    }
  }

  /** The C function's name. */
  public String name() {
    return name;
  }

  /** The ELF section, which says where to attach: {@code tp_btf/timer_start}. */
  public String section() {
    return section;
  }

  /** Attaches as the section says, for all kinds that libbpf attaches by itself. */
  public BpfLink attach() throws BpfException {
    LibbpfLog.capture();
    return link(Libbpf.Links.attach(pointer()), "CAP_PERFMON");
  }

  /** Attaches to a network interface of this network namespace, {@code eth0}. */
  public BpfLink attachXdp(String device) throws BpfException {
    int ifindex = Libc.Net.interfaceIndex(device);
    if (ifindex == 0) {
      throw failure(Errno.ENODEV, "there is no interface " + device + interfaces());
    }
    LibbpfLog.capture();
    Libbpf.Pointer link = Libbpf.Targets.xdp(pointer(), ifindex);
    if (link.isNull() && link.errno() == Errno.EBUSY) {
      throw failure(Errno.EBUSY, "another XDP program is attached to " + device);
    }
    return link(link, "CAP_NET_ADMIN");
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
   * @throws BpfException when the event can't be had on any one of them; then on none
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
        int fd = event.open(cpu);
        if (fd < 0) {
          throw failure(-fd, event.hint(-fd));
        }
        links.add(attachPerfEvent(fd));
      }
      return links;
    } catch (BpfException | RuntimeException e) {
      links.forEach(BpfLink::close);
      throw e;
    }
  }

  /** Attaches to an open perf event, which the link then owns. */
  private BpfLink attachPerfEvent(int perfEventFd) throws BpfException {
    LibbpfLog.capture();
    Libbpf.Pointer link = Libbpf.Targets.perfEvent(pointer(), perfEventFd);
    if (link.isNull()) {
      Libc.Descriptors.close(perfEventFd);
    }
    return link(link, "CAP_PERFMON");
  }

  /** Attaches an iterator over a map's rows to a map. */
  BpfLink attachToRows(int mapFd) throws BpfException {
    LibbpfLog.capture();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment options = RowFile.attachOptions(arena, mapFd);
      return link(Libbpf.Targets.attachIterator(pointer(), options), "CAP_PERFMON");
    }
  }

  /**
   * Attaches to a function of a program or library.
   *
   * @param pid the process in which it fires; -1 for every one
   * @param onReturn whether it fires where the function returns
   * @param path the file, or a name such as {@code libc.so.6} that is looked up as the system does
   * @param offset from the function's beginning, in bytes
   */
  public BpfLink attachUprobe(int pid, boolean onReturn, String path, String function, long offset)
      throws BpfException {
    try (Arena arena = Arena.ofConfined()) {
      LibbpfLog.capture();
      return link(
          Libbpf.Targets.uprobe(
              pointer(),
              pid,
              arena.allocateFrom(path),
              offset,
              Libbpf.uprobeOpts(arena, function, onReturn)),
          "CAP_PERFMON");
    }
  }

  /**
   * Attaches to a USDT probe of a program or library.
   *
   * @param pid the process in which it fires; -1 for every one
   * @param path the file, or a name that is looked up as the system does
   */
  public BpfLink attachUsdt(int pid, String path, String provider, String probe)
      throws BpfException {
    try (Arena arena = Arena.ofConfined()) {
      LibbpfLog.capture();
      return link(
          Libbpf.Targets.usdt(
              pointer(),
              pid,
              arena.allocateFrom(path),
              arena.allocateFrom(provider),
              arena.allocateFrom(probe)),
          "CAP_PERFMON");
    }
  }

  /**
   * Runs the program once, now, in this process: attached for a moment to a function of libbpf that
   * does nothing but return a number.
   */
  public void runOnce() throws BpfException {
    try (Arena arena = Arena.ofConfined()) {
      int self = Math.toIntExact(ProcessHandle.current().pid());
      LibbpfLog.capture();
      try (BpfLink link =
          link(
              Libbpf.Targets.uprobe(
                  pointer(),
                  self,
                  arena.allocateFrom(NativeLibrary.get().path()),
                  0,
                  Libbpf.uprobeOpts(arena, "libbpf_version_string", false)),
              "CAP_PERFMON")) {
        assert link != null;
        Libbpf.Global.versionString();
      }
    }
  }

  /**
   * Runs a loaded {@code raw_tp} program once, attached or not, with arguments of the caller's.
   *
   * @param arguments the program's arguments, at least as many as it reads and at most 12
   * @return what the program returned
   * @throws BpfException when the kernel can't run a program of this type
   */
  public int testRun(long... arguments) throws BpfException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment context = arena.allocateFrom(ValueLayout.JAVA_LONG, arguments);
      MemorySegment opts = Libbpf.testRunOpts(arena, context);
      int result = Libbpf.Syscalls.testRun(Libbpf.Programs.fd(pointer()), opts);
      if (result < 0) {
        throw new BpfException("run program " + name, -result, "", "");
      }
      return opts.get(ValueLayout.JAVA_INT, Libbpf.TEST_RUN_RETVAL);
    }
  }

  private MemorySegment pointer() {
    if (!open) {
      throw new IllegalStateException("program " + name + ": its object is closed");
    }
    return pointer;
  }

  void closed() {
    open = false;
  }

  private BpfLink link(Libbpf.Pointer link, String capability) throws BpfException {
    String log = LibbpfLog.captured();
    if (link.isNull()) {
      String hint = VerifierLog.summary(log);
      String tracefs = Privileges.tracefsHint(section);
      if (!tracefs.isEmpty()) {
        hint = tracefs;
      } else if (link.errno() == Errno.EPERM || link.errno() == Errno.EACCES) {
        hint = Privileges.hint(capability) + (hint.isEmpty() ? "" : "; " + hint);
      }
      throw new BpfException(attaching(), link.errno(), hint, log);
    }
    return new BpfLink(link.segment());
  }

  /** The failure of a program whose section asks for something that can't be. */
  public BpfException unattachable(String reason) {
    return failure(0, reason);
  }

  private BpfException failure(int errno, String hint) {
    return new BpfException(attaching(), errno, hint, "");
  }

  private String attaching() {
    return "attach program " + name + " to " + section;
  }

  /**
   * What the kernel knows of the loaded program.
   *
   * @param id the kernel's number for it
   * @param tag hash of its instructions, 16 hex digits
   * @param runTimeNanos time spent in it, while kernel.bpf_stats_enabled is 1
   * @param runCount how often it ran, while kernel.bpf_stats_enabled is 1
   */
  public record Info(int id, String tag, long runTimeNanos, long runCount) {}

  public Info info() throws BpfException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment info = arena.allocate(INFO_BYTES, 8);
      MemorySegment length = arena.allocate(ValueLayout.JAVA_INT);
      length.set(ValueLayout.JAVA_INT, 0, INFO_BYTES);
      int result = Libbpf.Syscalls.programInfo(Libbpf.Programs.fd(pointer()), info, length);
      if (result < 0) {
        throw new BpfException("read info of program " + name, -result, "", "");
      }
      byte[] tag = info.asSlice(INFO_TAG, 8).toArray(ValueLayout.JAVA_BYTE);
      return new Info(
          info.get(ValueLayout.JAVA_INT, INFO_ID),
          HexFormat.of().formatHex(tag),
          info.get(ValueLayout.JAVA_LONG, INFO_RUN_TIME_NS),
          info.get(ValueLayout.JAVA_LONG, INFO_RUN_CNT));
    }
  }
}
