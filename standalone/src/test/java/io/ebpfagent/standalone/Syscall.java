// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** System calls for which the JDK has no method, with their numbers on x86-64. */
enum Syscall {
  CLOSE(3),
  SOCKET(41),
  CONNECT(42),
  GETSOCKOPT(55),
  BPF(321);

  private static final int ARGUMENTS = 5;
  private static final MethodHandle SYSCALL =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("syscall"),
              // long syscall(long number, ...)
              FunctionDescriptor.of(
                  JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG),
              Linker.Option.firstVariadicArg(1),
              Linker.Option.captureCallState("errno"));

  private final long number;

  Syscall(long number) {
    this.number = number;
  }

  /** Returns the kernel's result; errors are negative. */
  long call(long... arguments) {
    long[] all = new long[ARGUMENTS];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errno = arena.allocate(Linker.Option.captureStateLayout());
      long result =
          (long) SYSCALL.invokeExact(errno, number, all[0], all[1], all[2], all[3], all[4]);
      return result == -1 ? -errno.get(JAVA_INT, 0) : result;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Makes a call that must not fail. */
  long demand(long... arguments) {
    long result = call(arguments);
    if (result < 0) {
      throw new AssertionError(this + ": errno " + -result);
    }
    return result;
  }
}
