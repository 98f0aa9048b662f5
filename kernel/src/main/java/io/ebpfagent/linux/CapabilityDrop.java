// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The function of ours in the bundled library that drops capabilities
 * (kernel/native/capabilities.c): they belong to threads, and a JVM's threads can only be reached
 * by a signal handler in C.
 */
final class CapabilityDrop {
  private static final String FUNCTION = "ebpfagent_keep_capabilities";

  sealed interface Result {}

  record Done() implements Result {}

  /**
   * @param errno positive
   * @param thread one that did not answer its signal; 0 when that was not the reason
   */
  record Failed(int errno, int thread) implements Result {}

  /**
   * @param library the library in use, which has no such function
   */
  record Missing(String library) implements Result {}

  private CapabilityDrop() {}

  static Result keepOnly(SharedLibrary library, long mask) {
    Optional<MemorySegment> function = library.find(FUNCTION);
    if (function.isEmpty()) {
      return new Missing(library.path());
    }
    try (Arena arena = Arena.ofConfined()) {
      // int ebpfagent_keep_capabilities(unsigned long long mask, int *silent_thread)
      MethodHandle keep =
          Linker.nativeLinker()
              .downcallHandle(function.get(), FunctionDescriptor.of(JAVA_INT, JAVA_LONG, ADDRESS));
      MemorySegment silentThread = arena.allocate(JAVA_INT);
      int result = (int) keep.invokeExact(mask, silentThread);
      return result == 0 ? new Done() : new Failed(-result, silentThread.get(JAVA_INT, 0));
    } catch (Throwable e) {
      throw new IllegalStateException("call of " + FUNCTION + " failed: " + e, e);
    }
  }
}
