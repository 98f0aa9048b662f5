// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The bundled kinds of kernel spans. Several may be of one config. */
enum Kind {
  OFF_CPU("off-cpu", "off-cpu"),
  RUN_QUEUE("run-queue", "off-cpu"),
  CPU_THROTTLED("cpu-throttled", "off-cpu"),
  FILE_SYNC("file-sync", "file-sync"),
  FILE_READ("file-read", "file-io"),
  FILE_WRITE("file-write", "file-io"),
  BLOCK_IO("block-io", "block-io"),
  PAGE_FAULT("page-fault", "memory"),
  RECLAIM("reclaim", "memory"),
  DNS_LOOKUP("dns-lookup", "dns-lookup"),
  TCP_CONNECT("tcp-connect", "tcp-connect"),
  TCP_RETRANSMIT("tcp-retransmit", "tcp-trouble"),
  TCP_RESET("tcp-reset", "tcp-trouble");

  static final List<Kind> ALL = List.of(values());

  /**
   * Those that run unless the user names some. Programs at the beginning and end of each system
   * call of the machine are only for who wants them.
   */
  static final List<Kind> DEFAULT =
      ALL.stream().filter(kind -> kind != FILE_READ && kind != FILE_WRITE).toList();

  private final String text;
  private final String config;

  Kind(String text, String config) {
    this.text = text;
    this.config = config;
  }

  /** The spans' name, and the kind's in settings. */
  String text() {
    return text;
  }

  /** The config that makes them. */
  String config() {
    return config;
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
