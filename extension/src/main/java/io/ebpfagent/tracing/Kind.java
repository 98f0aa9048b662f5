// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.ebpfagent.linux.Capabilities;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The bundled kinds of kernel spans. Several may be of one config. */
enum Kind {
  OFF_CPU("off-cpu", "off-cpu"),
  RUN_QUEUE("run-queue", "off-cpu"),
  CPU_THROTTLED("cpu-throttled", "off-cpu", 6, 5),
  FILE_SYNC("file-sync", "file-sync"),
  FILE_READ("file-read", "file-io"),
  FILE_WRITE("file-write", "file-io"),
  BLOCK_IO("block-io", "block-io", 6, 5),
  PAGE_FAULT("page-fault", "memory"),
  RECLAIM("reclaim", "memory"),
  DNS_LOOKUP("dns-lookup", "dns-lookup"),
  TCP_CONNECT("tcp-connect", "tcp-connect"),
  TCP_RETRANSMIT("tcp-retransmit", "tcp-trouble", 6, 3),
  TCP_RESET("tcp-reset", "tcp-trouble", 6, 3);

  static final List<Kind> ALL = List.of(values());

  /**
   * Those that run unless the user names some. Programs at the beginning and end of each system
   * call of the machine are only for who wants them.
   */
  static final List<Kind> DEFAULT =
      ALL.stream().filter(kind -> kind != FILE_READ && kind != FILE_WRITE).toList();

  /** The program without which no CPU_THROTTLED are made. Its object leaves it out by default. */
  static final String QUOTA_PROGRAM = "note_quota";

  private final String text;
  private final String config;
  private final int major;
  private final int minor;

  /** One that every kernel can make on which the extension runs. */
  Kind(String text, String config) {
    this(text, config, 0, 0);
  }

  /** One that takes a kernel of this version. */
  Kind(String text, String config, int major, int minor) {
    this.text = text;
    this.config = config;
    this.major = major;
    this.minor = minor;
  }

  /** The spans' name, and the kind's in settings. */
  String text() {
    return text;
  }

  /** The config that makes them. */
  String config() {
    return config;
  }

  /** Whether a kernel can make it; of that the release, such as {@code 6.1.0-41-amd64}. */
  boolean runsOn(String release) {
    return !Capabilities.olderThan(release, major, minor);
  }

  /** The least version of a kernel that can make it. */
  String kernel() {
    return major + "." + minor;
  }

  /** The program's variable for what is too short, in nanoseconds; all ones for no spans at all. */
  String threshold() {
    return text.replace('-', '_') + "_min_ns";
  }

  static Optional<Kind> of(String text) {
    return Arrays.stream(values()).filter(kind -> kind.text.equals(text)).findFirst();
  }

  /** All of them, as a user may name them. */
  static String texts() {
    return ALL.stream().map(Kind::text).collect(Collectors.joining(", "));
  }

  /** The configs of some kinds, in order. */
  static List<String> configs(List<Kind> kinds) {
    return kinds.stream().map(Kind::config).distinct().toList();
  }
}
