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

  static Hook of(BpfProgram program) {
    return program.section().equals(POST_ATTACH_SECTION) ? POST_ATTACH : LIBBPF;
  }

  boolean runsLast() {
    return this == POST_ATTACH;
  }

  abstract List<BpfLink> attach(BpfProgram program) throws BpfException;
}
