// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The flags, in the order of the help text. Their names are those of the Go exporter, so that users
 * can keep their unit files.
 */
enum Flag {
  CONFIG_DIR(
      "config.dir", "DIR", "Folder with NAME.yaml and NAME.bpf.o. Absent: the bundled examples."),
  CONFIG_NAMES(
      "config.names",
      "NAME[,NAME...]",
      "Configs to load. Absent: all of --config.dir, or of the bundled ones a set that attaches on"
          + " any kernel with BTF."),
  CONFIG_CHECK("config.check", Kind.SWITCH, "Load, attach, report and exit."),
  CONFIG_STRICT(
      "config.strict",
      Kind.SWITCH,
      "End with an error unless every config loads without a warning and every program attaches."),
  CONFIG_SKIP_CACHE_SIZE(
      "config.skip-cache-size",
      "N",
      "Keys to remember, for each label, of rows that a decoder dropped (default: 0)."),
  CONFIG_CACHE_SIZE(
      "config.cache-size",
      "N",
      "Values to remember, for each label whose decoders are slow (default: 0, as many as fit in"
          + " the memory for caches)."),
  DEBUG("debug", Kind.SWITCH, "Log libbpf's debug messages, and serve the raw maps at /maps."),
  LOG_NO_TIMESTAMPS("log.no-timestamps", Kind.SWITCH, "Log without timestamps."),
  WEB_LISTEN_ADDRESS(
      "web.listen-address",
      "[HOST]:PORT|fd://N",
      "Address to serve on (default: :9435). fd://0 is the socket that systemd passes."),
  WEB_TELEMETRY_PATH("web.telemetry-path", "PATH", "Path of the metrics (default: /metrics)."),
  CAPABILITIES_KEEP(
      "capabilities.keep",
      "all|none|CAP[,CAP…]",
      "Capabilities to keep once everything is attached, such as cap_bpf,cap_perfmon; every thread"
          + " gives up the others (default: all)."),
  PIN(
      "pin",
      "DIR",
      "Lets other processes read the metrics' maps as files in this folder of a BPF file system,"
          + " such as /sys/fs/bpf/ebpf-exporter."),
  PIN_GROUP(
      "pin.group",
      "GROUP",
      "Group that may read the pinned files. Without it everyone may, and metrics with addresses of"
          + " the kernel are not pinned."),
  BTF_PATH(
      "btf.path", "FILE", "BTF of the running kernel, where /sys/kernel/btf/vmlinux is missing."),
  VERSION("version", Kind.QUESTION, "Print the version and exit."),
  HELP("help", Kind.QUESTION, "Print this help and exit.");

  private enum Kind {
    /** Takes a value, for which {@link #placeholder} stands. */
    VALUE,
    /** Is on or off: {@code --debug}, {@code --no-debug}, {@code --debug=false}. */
    SWITCH,
    /** Prints an answer; nothing else happens. */
    QUESTION
  }

  private static final int WIDTH = 79;

  /** Column at which the descriptions begin; further lines are indented by two more. */
  private static final int COLUMN = 29;

  private final String name;
  private final Kind kind;
  private final String placeholder;
  private final String description;

  Flag(String name, String placeholder, String description) {
    this(name, Kind.VALUE, placeholder, description);
  }

  Flag(String name, Kind kind, String description) {
    this(name, kind, "", description);
  }

  Flag(String name, Kind kind, String placeholder, String description) {
    this.name = name;
    this.kind = kind;
    this.placeholder = placeholder;
    this.description = description;
  }

  /**
   * Returns the flag with this spelling, without a value: {@code --debug}, {@code --no-debug},
   * {@code -h}. Null when there is none.
   */
  static @Nullable Flag of(String written) {
    if (written.equals("-h")) {
      return HELP;
    }
    for (Flag flag : values()) {
      if (written.equals(flag.toString()) || flag.isTurnedOff(written)) {
        return flag;
      }
    }
    return null;
  }

  /** Returns all spellings of all flags. */
  static List<String> spellings() {
    List<String> spellings = new ArrayList<>(List.of("-h"));
    for (Flag flag : values()) {
      spellings.add(flag.toString());
      if (flag.kind == Kind.SWITCH) {
        spellings.add(flag.negated());
      }
    }
    return spellings;
  }

  boolean takesValue() {
    return kind == Kind.VALUE;
  }

  boolean isSwitch() {
    return kind == Kind.SWITCH;
  }

  boolean isTurnedOff(String written) {
    return isSwitch() && written.equals(negated());
  }

  private String negated() {
    return "--no-" + name;
  }

  /** Returns the flag as users write it. */
  @Override
  public String toString() {
    return "--" + name;
  }

  /** Returns the text that {@code --help} prints, in lines for a terminal of 80 columns. */
  static String help() {
    StringBuilder help = new StringBuilder();
    help.append("Usage: ebpf-exporter [OPTIONS]\n");
    help.append("Prometheus exporter of custom Linux kernel metrics, measured by eBPF programs.\n");
    for (Flag flag : values()) {
      flag.describe(help);
    }
    return help.toString();
  }

  private void describe(StringBuilder help) {
    int line = help.length();
    help.append(this == HELP ? "  -h, " : "      ")
        .append(isSwitch() ? "--[no-]" + name : this)
        .append(takesValue() ? "=" + placeholder : "");
    if (help.length() - line > COLUMN - 2) {
      help.append('\n');
      line = help.length();
    }
    help.repeat(' ', COLUMN - (help.length() - line));
    for (String word : description.split(" ", -1)) {
      if (help.length() - line + word.length() > WIDTH) {
        help.setCharAt(help.length() - 1, '\n');
        line = help.length();
        help.repeat(' ', COLUMN + 2);
      }
      help.append(word).append(' ');
    }
    help.setCharAt(help.length() - 1, '\n');
  }
}
