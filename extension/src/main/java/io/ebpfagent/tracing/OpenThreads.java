// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.ebpfagent.context.JvmThreads;
import io.ebpfagent.engine.Libjvm;
import io.ebpfagent.log.Log;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds out where the JVM keeps what its threads wait for. A thread's address is in a field of
 * {@code java.lang.Thread}.
 */
final class OpenThreads {
  private OpenThreads() {}

  /** Null where that can't be: then a wait for a lock isn't told from others. */
  static @Nullable JvmThreads read(Log log) {
    try {
      Optional<Libjvm> libjvm = Libjvm.current(log);
      if (libjvm.isEmpty()) {
        return null;
      }
      JavaLang.open();
      return JvmThreads.read(libjvm.get().path());
    } catch (ReflectiveOperationException | RuntimeException | UnsatisfiedLinkError e) {
      log.debug("locks, sleeps and parks are not told apart: " + e);
      return null;
    }
  }
}
