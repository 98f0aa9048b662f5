// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Lets in who knows the name and the password (RFC 7617). */
public final class BasicAuthentication implements Gate {
  private static final String SCHEME = "Basic ";

  private final String realm;
  private final byte[] user;
  private final PasswordCheck password;

  /**
   * A check may take a tenth of a second of CPU, so one is made at a time, and a right one kept.
   */
  private final Object checking = new Object();

  private volatile byte @Nullable [] known;

  /**
   * @param realm what a browser shows to its user
   */
  public BasicAuthentication(String realm, String user, PasswordCheck password) {
    this.realm = realm;
    this.user = user.getBytes(UTF_8);
    this.password = password;
  }

  @Override
  public boolean admits(Exchange exchange) throws IOException {
    String header = exchange.header("Authorization");
    if (header.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        && isRight(header.substring(SCHEME.length()).strip())) {
      return true;
    }
    exchange.setHeader(
        "WWW-Authenticate", "Basic realm=\"%s\", charset=\"UTF-8\"".formatted(realm));
    exchange.send(401, Exchange.TEXT, ErrorPage.text(401));
    return false;
  }

  private boolean isRight(String encoded) {
    byte[] given;
    try {
      given = Base64.getDecoder().decode(encoded);
    } catch (IllegalArgumentException e) {
      return false;
    }
    byte[] right = known;
    if (right != null && MessageDigest.isEqual(right, given)) {
      return true;
    }
    synchronized (checking) {
      int colon = new String(given, UTF_8).indexOf(':');
      if (colon < 0) {
        return false;
      }
      String text = new String(given, UTF_8);
      boolean userIsRight = MessageDigest.isEqual(user, text.substring(0, colon).getBytes(UTF_8));
      boolean isRight = password.accepts(text.substring(colon + 1)) && userIsRight;
      if (isRight) {
        known = given;
      }
      return isRight;
    }
  }
}
