// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.http.PasswordCheck;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;

/**
 * Who may scrape, as jmx_exporter's {@code httpServer.authentication.basic} has it.
 *
 * @param algorithm {@code plaintext}, a digest or a key derivation
 * @param secret the password, or its hash in hexadecimal digits
 * @param salt of the hash
 * @param iterations of a key derivation
 * @param keyBytes of a key derivation
 */
record BasicSettings(
    String user, String algorithm, String secret, String salt, int iterations, int keyBytes) {
  static final String PLAIN = "plaintext";
  static final int KEY_BYTES = 128;

  private static final Map<String, Integer> ITERATIONS =
      Map.of(
          "PBKDF2WithHmacSHA1", 1_300_000,
          "PBKDF2WithHmacSHA256", 600_000,
          "PBKDF2WithHmacSHA512", 210_000);

  static final List<String> ALGORITHMS =
      List.of(
          PLAIN,
          "SHA-1",
          "SHA-256",
          "SHA-512",
          "PBKDF2WithHmacSHA1",
          "PBKDF2WithHmacSHA256",
          "PBKDF2WithHmacSHA512");

  /** How many iterations are meant where none are given; 0 where there are none. */
  static int iterations(String algorithm) {
    return ITERATIONS.getOrDefault(algorithm, 0);
  }

  /**
   * What tells the password.
   *
   * @throws IllegalArgumentException when the hash is none, or this JVM lacks the algorithm
   */
  PasswordCheck check() {
    try {
      if (algorithm.equals(PLAIN)) {
        return PasswordCheck.plain(secret);
      }
      return ITERATIONS.containsKey(algorithm)
          ? PasswordCheck.derived(algorithm, salt, iterations, keyBytes, secret)
          : PasswordCheck.digest(algorithm, salt, secret);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalArgumentException("this JVM has no " + algorithm, e);
    }
  }

  /** Nothing secret. */
  @Override
  public String toString() {
    return user + " by " + algorithm;
  }
}
