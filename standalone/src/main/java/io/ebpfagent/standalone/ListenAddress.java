package io.ebpfagent.standalone;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;

/** {@code --web.listen-address}: {@code :9435}, {@code localhost:9435}, {@code [::1]:9435}. */
final class ListenAddress {
  private ListenAddress() {}

  /**
   * Parses an address; without a host it is every interface.
   *
   * @throws IllegalArgumentException says what is wrong with the text
   */
  static InetSocketAddress parse(String text) {
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
    try {
      int number = Integer.parseInt(port);
      if (number >= 0 && number <= 65535) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw wrong(text, "the port is no number: " + port);
    }
    throw wrong(text, "the port is not within 0…65535: " + port);
  }

  private static IllegalArgumentException wrong(String text, String problem) {
    return new IllegalArgumentException("--web.listen-address=" + text + ": " + problem);
  }
}
