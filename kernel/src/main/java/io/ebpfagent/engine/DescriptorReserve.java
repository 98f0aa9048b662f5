// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.linux.Descriptors;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;

/** The file descriptors that are left to the application in whose process the engine is. */
final class DescriptorReserve {
  /** What a config takes, about. */
  private static final int OF_A_CONFIG = 20;

  private DescriptorReserve() {}

  /**
   * Returns why one more config can't be loaded; empty when it can.
   *
   * @param most how many are to be left, of a limit that is at least twice that
   */
  static Optional<String> refusal(int most) {
    if (most == 0) {
      return Optional.empty();
    }
    long limit = Descriptors.limit();
    try {
      return refusal(most, Descriptors.count(), limit);
    } catch (NoSuchFileException e) {
      // There is no /proc.
      return Optional.empty();
    } catch (IOException e) {
      return refusal(most, limit, limit);
    }
  }

  static Optional<String> refusal(int most, long open, long limit) {
    return limit - open - OF_A_CONFIG >= Math.min(most, limit / 2)
        ? Optional.empty()
        : Optional.of(
            "too few file descriptors are left to the application (%s of %s open): raise ulimit -n"
                .formatted(open, limit));
  }
}
