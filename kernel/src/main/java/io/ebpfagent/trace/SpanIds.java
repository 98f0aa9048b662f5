// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/** Random ids, for spans without their own. */
public final class SpanIds {
  private SpanIds() {}

  /** Returns 32 hex digits, not all zeros. */
  public static String newTraceId() {
    return newSpanId() + newSpanId();
  }

  /** Returns 16 hex digits, not all zeros. */
  public static String newSpanId() {
    long id = 0;
    while (id == 0) {
      id = ThreadLocalRandom.current().nextLong();
    }
    return HexFormat.of().toHexDigits(id);
  }
}
