// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.NoSuchAlgorithmException;
import org.junit.jupiter.api.Test;

final class PasswordCheckTest {
  @Test
  void plainPasswords() {
    PasswordCheck check = PasswordCheck.plain("säcret");
    assertThat(check.accepts("säcret")).isTrue();
    assertThat(check.accepts("sacret")).isFalse();
    assertThat(check.accepts("")).isFalse();
  }

  /** As {@code printf 'salt:secret' | sha256sum} says. */
  @Test
  void digests() throws NoSuchAlgorithmException {
    String hex = "e0daae7ddca6117bae5f642d182bf4c456a16fe195e74ccb38714372c533f828";
    assertThat(PasswordCheck.digest("SHA-256", "salt", hex).accepts("secret")).isTrue();
    assertThatThrownBy(() -> PasswordCheck.digest("SHA-256", "salt", "xyz"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> PasswordCheck.digest("SHA-999", "salt", hex))
        .isInstanceOf(NoSuchAlgorithmException.class);
  }

  /** The second test vector of RFC 6070. */
  @Test
  void derivedKeys() throws NoSuchAlgorithmException {
    PasswordCheck check =
        PasswordCheck.derived(
            "PBKDF2WithHmacSHA1",
            "salt",
            2,
            20,
            "EA:6C:01:4D:C7:2D:6F:8C:CD:1E:D9:2A:CE:1D:41:F0:D8:DE:89:57");
    assertThat(check.accepts("password")).isTrue();
    assertThat(check.accepts("Password")).isFalse();
    assertThat(check.accepts("")).isFalse();
  }
}
