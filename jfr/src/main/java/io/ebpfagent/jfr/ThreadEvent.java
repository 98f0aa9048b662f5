// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import org.jspecify.annotations.Nullable;

/** Something of the kernel that befell a thread, which is another than the one that writes it. */
abstract class ThreadEvent extends KernelEvent {
  /** Null for one that was there before the programs, or ended within a second. */
  @Label("Java Thread")
  @Nullable Thread javaThread;

  @Label("Thread Name")
  @Description("Numbers are shown as *")
  String threadName = "";

  @Label("Thread Id of the Kernel")
  long kernelThreadId;

  @Override
  void fill(Attributes span, JavaThreads threads) {
    javaThread = threads.find(span.number("java_thread_id"));
    threadName = span.text("thread");
    kernelThreadId = span.number("tid");
  }
}
