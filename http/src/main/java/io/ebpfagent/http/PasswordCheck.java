// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** Tells the right password from others, by itself or by a hash of it. */
public final class PasswordCheck {
  @FunctionalInterface
  private interface Hash {
    byte[] of(String password) throws GeneralSecurityException;
  }

  private final byte[] expected;
  private final Hash hash;

  private PasswordCheck(byte[] expected, Hash hash) {
    this.expected = expected;
    this.hash = hash;
  }

  /** A password as it is. */
  public static PasswordCheck plain(String password) {
    return new PasswordCheck(password.getBytes(UTF_8), given -> given.getBytes(UTF_8));
  }

  /**
   * The digest of {@code SALT:PASSWORD}.
   *
   * @param algorithm such as {@code SHA-256}
   * @param hex the digest, its bytes with or without colons between them
   * @throws IllegalArgumentException when it is none
   */
  public static PasswordCheck digest(String algorithm, String salt, String hex)
      throws NoSuchAlgorithmException {
    MessageDigest unused = MessageDigest.getInstance(algorithm);
    return new PasswordCheck(
        bytes(hex),
        given -> MessageDigest.getInstance(algorithm).digest((salt + ":" + given).getBytes(UTF_8)));
  }

  /**
   * A key that is derived from the password.
   *
   * @param algorithm such as {@code PBKDF2WithHmacSHA256}
   * @param keyBytes how long the key is
   * @param hex the key, its bytes with or without colons between them
   * @throws IllegalArgumentException when it is none
   */
  public static PasswordCheck derived(
      String algorithm, String salt, int iterations, int keyBytes, String hex)
      throws NoSuchAlgorithmException {
    SecretKeyFactory factory = SecretKeyFactory.getInstance(algorithm);
    byte[] saltBytes = salt.getBytes(UTF_8);
    return new PasswordCheck(
        bytes(hex),
        given ->
            factory
                .generateSecret(
                    new PBEKeySpec(given.toCharArray(), saltBytes, iterations, keyBytes * 8))
                .getEncoded());
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(":", ""));
  }

  /** Whether that is the password; takes as long for one that isn't. */
  boolean accepts(String password) {
    try {
      return MessageDigest.isEqual(expected, hash.of(password));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      // An empty one, for some.
      return false;
    }
  }
}
