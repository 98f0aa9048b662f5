// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfLink;
import io.ebpfagent.bpf.BpfProgram;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a program is attached, by its section. libbpf attaches most; this class attaches those whose
 * section means more to us than to libbpf, or whose target is replaced.
 */
enum Hook {
  /** Sections that libbpf attaches by itself. */
  LIBBPF {
    @Override
    List<BpfLink> attach(BpfProgram program, AttachOptions options) throws BpfException {
      String section = substituted(program.section(), options.substitutions());
      if (!section.equals(program.section())) {
        throw program.unattachable("no other target can stand for that of such a section");
      }
      return List.of(program.attach());
    }
  },

  /** {@code uprobe/PATH:FUNCTION+OFFSET}, {@code uretprobe.s/…}. */
  UPROBE {
    @Override
    List<BpfLink> attach(BpfProgram program, AttachOptions options) throws BpfException {
      String section = substituted(program.section(), options.substitutions());
      Matcher parts = UPROBE_SECTION.matcher(section);
      if (isLibbpfs(program, section, options) || !parts.matches()) {
        return List.of(program.attach());
      }
      String offset = parts.group("offset");
      return List.of(
          program.attachUprobe(
              options.pid(),
              parts.group("ret") != null,
              parts.group("path"),
              parts.group("function"),
              offset == null ? 0 : Long.decode(offset)));
    }
  },

  /** {@code usdt/PATH:PROVIDER:PROBE}. */
  USDT {
    @Override
    List<BpfLink> attach(BpfProgram program, AttachOptions options) throws BpfException {
      String section = substituted(program.section(), options.substitutions());
      Matcher parts = USDT_SECTION.matcher(section);
      if (isLibbpfs(program, section, options) || !parts.matches()) {
        return List.of(program.attach());
      }
      return List.of(
          program.attachUsdt(
              options.pid(), parts.group("path"), parts.group("provider"), parts.group("probe")));
    }
  },

  /** {@code xdp/DEV}: runs for every packet that the interface receives. */
  XDP {
    @Override
    List<BpfLink> attach(BpfProgram program, AttachOptions options) throws BpfException {
      String section = substituted(program.section(), options.substitutions());
      return List.of(program.attachXdp(section.substring(XDP_PREFIX.length())));
    }
  },

  /** {@code perf_event/type=T,config=C,frequency=F} or {@code …,period=P}: on every online CPU. */
  PERF_EVENT {
    @Override
    List<BpfLink> attach(BpfProgram program, AttachOptions options) throws BpfException {
      return program.attachPerfEvents();
    }
  },

  /**
   * Runs once, after everything is attached. The section names the Go exporter's own binary, for
   * which such objects were made.
   */
  POST_ATTACH {
    @Override
    List<BpfLink> attach(BpfProgram program, AttachOptions options) throws BpfException {
      program.runOnce();
      return List.of();
    }
  };

  private static final String POST_ATTACH_SECTION = "uprobe//proc/self/exe:post_attach_mark";
  private static final String XDP_PREFIX = "xdp/";
  private static final String PERF_EVENT_PREFIX = "perf_event/";

  private static final Pattern UPROBE_SECTION =
      Pattern.compile(
          "u(?<ret>ret)?probe(\\.s)?/(?<path>[^:]+):(?<function>[\\w.@]+)(\\+(?<offset>\\w+))?");
  private static final Pattern USDT_SECTION =
      Pattern.compile("usdt(\\.s)?/(?<path>[^:]+):(?<provider>[^:]+):(?<probe>[^:]+)");

  static Hook of(BpfProgram program) {
    String section = program.section();
    if (section.equals(POST_ATTACH_SECTION)) {
      return POST_ATTACH;
    }
    if (section.startsWith(XDP_PREFIX)) {
      return XDP;
    }
    if (section.startsWith(PERF_EVENT_PREFIX)) {
      return PERF_EVENT;
    }
    if (USDT_SECTION.matcher(section).matches()) {
      return USDT;
    }
    return UPROBE_SECTION.matcher(section).matches() ? UPROBE : LIBBPF;
  }

  boolean runsLast() {
    return this == POST_ATTACH;
  }

  /**
   * Attaches a loaded program.
   *
   * @return the links to close in order to detach it; none for a program that ran once
   */
  abstract List<BpfLink> attach(BpfProgram program, AttachOptions options) throws BpfException;

  private static boolean isLibbpfs(BpfProgram program, String section, AttachOptions options) {
    return section.equals(program.section()) && options.pid() == AttachOptions.EVERY_PROCESS;
  }

  /** Returns a section's target, between the first slash and the colon; empty when it has none. */
  static String target(String section) {
    int slash = section.indexOf('/');
    String target = slash < 0 ? "" : section.substring(slash + 1);
    int colon = target.indexOf(':');
    return colon < 0 ? target : target.substring(0, colon);
  }

  /** Returns the section with its target replaced; its type, before the slash, is unchanged. */
  static String substituted(String section, Map<String, String> substitutions) {
    String target = target(section);
    String actual = substitutions.get(target);
    if (target.isEmpty() || actual == null) {
      return section;
    }
    int begin = section.indexOf('/') + 1;
    return section.substring(0, begin) + actual + section.substring(begin + target.length());
  }
}
