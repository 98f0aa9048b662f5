// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.javaagent.bootstrap.EbpfThread;
import net.bytebuddy.asm.Advice;
import org.jspecify.annotations.Nullable;

/** For {@code VirtualThread.mount}, which begins as the carrier and ends as the virtual thread. */
final class MountAdvice {
  private MountAdvice() {}

  @Advice.OnMethodEnter
  static @Nullable Object begins() {
    return EbpfThread.mounting();
  }

  @Advice.OnMethodExit
  static void ends(@Advice.Enter @Nullable Object carrier) {
    EbpfThread.mounted(carrier);
  }
}
