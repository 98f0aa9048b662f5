// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.javaagent.bootstrap.EbpfThread;
import net.bytebuddy.asm.Advice;

/**
 * For {@code ForkJoinWorkerThread.resetThreadLocals}, by which threads of the common pool forget.
 */
final class ForgetAdvice {
  private ForgetAdvice() {}

  @Advice.OnMethodEnter
  static void begins() {
    EbpfThread.forgetting();
  }
}
