// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.http.Tls;
import java.util.Optional;

/**
 * How the metrics are served, as jmx_exporter's {@code httpServer} has it.
 *
 * @param path of the metrics
 * @param answers how many at once; 0 for the usual number
 * @param basic who may scrape, by name and password
 * @param plugin who may scrape, as a class of the host's decides
 * @param tls how connections are encrypted
 */
record EndpointSettings(
    String path,
    int answers,
    Optional<BasicSettings> basic,
    Optional<PluginSettings> plugin,
    Optional<Tls> tls) {
  static final String PATH = "/metrics";
  static final EndpointSettings USUAL =
      new EndpointSettings(PATH, 0, Optional.empty(), Optional.empty(), Optional.empty());

  /**
   * A class of the host's that authenticates.
   *
   * @param type a {@code com.sun.net.httpserver.Authenticator}
   */
  record PluginSettings(String type) {}

  /** Whether it takes what is the host's to set up first. */
  boolean needsHost() {
    return tls.isPresent() || plugin.isPresent();
  }
}
