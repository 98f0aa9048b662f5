// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.javaagent.bootstrap.EbpfThread;
import net.bytebuddy.asm.Advice;

/** For {@code VirtualThread.unmount}, which ends as the carrier. */
final class UnmountAdvice {
  private UnmountAdvice() {}

  @Advice.OnMethodExit
  static void ends() {
    EbpfThread.unmounted();
  }
}
