// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What stands behind {@code -javaagent:ebpf-agent.jar=}: {@code [[HOST:]PORT:]FILE}, {@code
 * [HOST:]PORT}, or nothing.
 *
 * @param address where to serve; empty for nowhere
 * @param file the configuration; empty for the usual one
 */
record Arguments(Optional<InetSocketAddress> address, Optional<Path> file) {
  private static final Pattern ADDRESS =
      Pattern.compile(
          "(?:(?<host>[^:\\[\\]/]+|\\[[0-9a-fA-F:.%a-z]+]):)?(?<port>[0-9]{1,5})(?::(?<file>.*))?");

  private static final int MOST = 65_535;
  private static final String ANYWHERE = "0.0.0.0";

  /**
   * Reads them.
   *
   * @throws IllegalArgumentException says what is wrong
   */
  static Arguments parse(String text) {
    Matcher matcher = ADDRESS.matcher(text.strip());
    if (!matcher.matches()) {
      return new Arguments(Optional.empty(), file(text.strip()));
    }
    int port = Integer.parseInt(matcher.group("port"));
    if (port > MOST) {
      throw new IllegalArgumentException("no port: " + port);
    }
    String host = matcher.group("host");
    InetSocketAddress address = new InetSocketAddress(host == null ? ANYWHERE : host, port);
    if (address.isUnresolved()) {
      throw new IllegalArgumentException("no address of this machine: " + host);
    }
    String file = matcher.group("file");
    return new Arguments(Optional.of(address), file(file == null ? "" : file));
  }

  private static Optional<Path> file(String name) {
    return name.isEmpty() ? Optional.empty() : Optional.of(Path.of(name));
  }
}
