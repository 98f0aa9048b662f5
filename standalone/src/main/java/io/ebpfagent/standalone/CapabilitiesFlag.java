// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.config.Suggestion;
import io.ebpfagent.linux.Capabilities;
import io.ebpfagent.linux.Capability;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Parses {@code --capabilities.keep}: {@code all}, {@code none}, or names, in upper or lower case.
 */
final class CapabilitiesFlag {
  private static final List<String> NAMES =
      Stream.of(Capability.values()).map(c -> c.name().toLowerCase(Locale.ROOT)).toList();

  private CapabilitiesFlag() {}

  /**
   * Returns the capabilities to keep; empty when all are kept.
   *
   * @throws IllegalArgumentException when a name is unknown; the message suggests a similar one
   */
  static Optional<Capabilities> parse(String text) {
    String lower = text.strip().toLowerCase(Locale.ROOT);
    if (lower.equals("all")) {
      return Optional.empty();
    }
    if (lower.equals("none")) {
      return Optional.of(Capabilities.NONE);
    }
    List<Capability> kept = new ArrayList<>();
    for (String name : lower.split(",", -1)) {
      kept.add(capability(text, name.strip()));
    }
    return Optional.of(Capabilities.of(kept));
  }

  private static Capability capability(String text, String name) {
    if (NAMES.contains(name)) {
      return Capability.valueOf(name.toUpperCase(Locale.ROOT));
    }
    // "syslog" is treated as a misspelled "cap_syslog".
    String nearest = Suggestion.nearest(name.startsWith("cap_") ? name : "cap_" + name, NAMES);
    throw new IllegalArgumentException(
        "--capabilities.keep=%s: no capability \"%s\"%s"
            .formatted(
                text,
                name,
                nearest == null || name.isEmpty()
                    ? "; it takes all, none, or names such as cap_bpf,cap_perfmon"
                    : "; did you mean " + nearest + "?"));
  }
}
