package io.ebpfagent.attach;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfLink;
import io.ebpfagent.bpf.BpfProgram;
import java.util.List;

/**
 * How a program's section is attached: by libbpf for most, by us where a section means more than
 * that.
 */
enum Hook {
  /** What libbpf attaches by itself. */
  LIBBPF {
    @Override
    List<BpfLink> attach(BpfProgram program) throws BpfException {
      return List.of(program.attach());
    }
  },

  /** {@code xdp/DEV}: every packet that the interface receives. */
  XDP {
    @Override
    List<BpfLink> attach(BpfProgram program) throws BpfException {
      return List.of(program.attachXdp(program.section().substring(XDP_PREFIX.length())));
    }
  },

  /** {@code perf_event/type=T,config=C,frequency=F}: samples on every online CPU. */
  PERF_EVENT {
    @Override
    List<BpfLink> attach(BpfProgram program) throws BpfException {
      return program.attachPerfEvents();
    }
  },

  /**
   * Runs once, after everything is attached; the objects made for the Go exporter name its own
   * binary.
   */
  POST_ATTACH {
    @Override
    List<BpfLink> attach(BpfProgram program) throws BpfException {
      program.runOnce();
      return List.of();
    }
  };

  private static final String POST_ATTACH_SECTION = "uprobe//proc/self/exe:post_attach_mark";

  private static final String XDP_PREFIX = "xdp/";
  private static final String PERF_EVENT_PREFIX = "perf_event/";

  static Hook of(BpfProgram program) {
    String section = program.section();
    if (section.equals(POST_ATTACH_SECTION)) {
      return POST_ATTACH;
    }
    if (section.startsWith(XDP_PREFIX)) {
      return XDP;
    }
    return section.startsWith(PERF_EVENT_PREFIX) ? PERF_EVENT : LIBBPF;
  }

  boolean runsLast() {
    return this == POST_ATTACH;
  }

  abstract List<BpfLink> attach(BpfProgram program) throws BpfException;
}
