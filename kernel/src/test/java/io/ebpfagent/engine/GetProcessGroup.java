// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** A function of the C library that nothing else in this process calls. */
final class GetProcessGroup {
  private GetProcessGroup() {}

  static void call() {
    Linker linker = Linker.nativeLinker();
    // pid_t getpgrp(void)
    MethodHandle getpgrp =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("getpgrp"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT));
    try {
      int group = (int) getpgrp.invokeExact();
      assert group >= 0;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }
}
