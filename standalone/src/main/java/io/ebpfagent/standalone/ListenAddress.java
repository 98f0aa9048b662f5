// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.linux.InheritedSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * The value of {@code --web.listen-address}: {@code :9435}, {@code localhost:9435}, {@code
 * [::1]:9435}, or {@code fd://0} for the first socket that systemd passed.
 *
 * @param address the address to bind; for a passed socket, the one on which it listens
 * @param passed a socket that listens already; empty for none
 */
record ListenAddress(InetSocketAddress address, Optional<InheritedSocket> passed) {
  private static final String FD = "fd://";

  /**
   * Parses an address; without a host it means all interfaces.
   *
   * @throws IllegalArgumentException when the text is wrong; the message says why
   */
  static ListenAddress parse(String text, Systemd systemd) {
    if (!text.startsWith(FD)) {
      return new ListenAddress(address(text), Optional.empty());
    }
    String index = text.substring(FD.length());
    if (!index.matches("\\d{1,4}")) {
      throw wrong(text, "write fd://0 for the first socket that systemd passes");
    }
    try {
      InheritedSocket passed = systemd.socket(Integer.parseInt(index));
      return new ListenAddress(passed.address(), Optional.of(passed));
    } catch (IllegalArgumentException | IOException e) {
      throw wrong(text, String.valueOf(e.getMessage()));
    }
  }

  private static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw wrong(text, "has no port; write :9435 or HOST:9435");
    }
    int port = port(text, text.substring(colon + 1));
    String host = text.substring(0, colon);
    if (host.isEmpty()) {
      return new InetSocketAddress(port);
    }
    if (host.startsWith("[") != host.endsWith("]")
        || (host.contains(":") && !host.startsWith("["))) {
      throw wrong(text, "an IPv6 address goes in brackets: [::1]:9435");
    }
    try {
      return new InetSocketAddress(InetAddress.getByName(host), port);
    } catch (UnknownHostException e) {
      throw wrong(text, "no such host: " + host);
    }
  }

  private static int port(String text, String port) {
    if (!port.matches("[0-9]+")) {
      throw wrong(text, "the port is no number: " + port);
    }
    try {
      int number = Integer.parseInt(port);
      if (number <= 65535) {
        return number;
      }
    } catch (NumberFormatException e) {
      // It has more digits than an int.
    }
    throw wrong(text, "the port is not within 0…65535: " + port);
  }

  private static IllegalArgumentException wrong(String text, String problem) {
    return new IllegalArgumentException("--web.listen-address=" + text + ": " + problem);
  }
}
