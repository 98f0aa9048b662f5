// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What of the kernel is to be shown.
 *
 * @param configs their names; none for those that watch this JVM
 * @param configDir where configs are that come before bundled ones of their names
 * @param strict whether all is to be left alone where one program doesn't attach
 * @param pinned the folder of a daemon whose rows are to be read instead
 * @param jfr whether spans become events of the flight recorder
 */
public record KernelSettings(
    List<String> configs,
    Optional<Path> configDir,
    boolean strict,
    Optional<Path> pinned,
    boolean jfr) {
  public KernelSettings {
    configs = List.copyOf(configs);
  }
}
