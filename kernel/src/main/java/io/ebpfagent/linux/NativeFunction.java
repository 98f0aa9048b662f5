// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A C function with integer and pointer parameters. Whatever its signature, it is called as {@code
 * long f(long, … seven of them)}: linking a signature takes time at the start, so there is only
 * one.
 *
 * <p>This is sound on both supported architectures. Integers and pointers are passed in the same
 * registers, also to variadic functions; only the seventh argument on x86-64 is passed on the
 * stack, which the caller cleans up. A function reads as many arguments as it has parameters, and
 * of each as many bits as the parameter has; the bits of its result are the low ones.
 *
 * <p>The function is looked up on its first call. Thread-safe.
 */
public final class NativeFunction {
  private static final int MOST_ARGUMENTS = 7;

  private final Supplier<SharedLibrary> library;
  private final String name;
  private volatile long function;

  public NativeFunction(Supplier<SharedLibrary> library, String name) {
    this.library = library;
    this.name = name;
  }

  /** Returns a function of the C library. */
  public static NativeFunction libc(String name) {
    return new NativeFunction(SharedLibrary::libc, name);
  }

  /**
   * The common signature, linked on first use. If the JVM refuses to link it, every call throws.
   */
  private static final class Shape {
    static final @Nullable MethodHandle HANDLE;
    static final @Nullable Throwable REFUSED;

    /** Receives errno when the caller does not need it. */
    static final MemorySegment IGNORED;

    static {
      MethodHandle handle = null;
      Throwable refused = null;
      MemorySegment ignored = MemorySegment.NULL;
      try {
        FunctionDescriptor descriptor = FunctionDescriptor.of(JAVA_LONG);
        for (int i = 0; i < MOST_ARGUMENTS; i++) {
          descriptor = descriptor.appendArgumentLayouts(JAVA_LONG);
        }
        ignored = state(Arena.global());
        handle =
            Linker.nativeLinker()
                .downcallHandle(descriptor, Linker.Option.captureCallState("errno"));
      } catch (RuntimeException | Error e) {
        refused = e;
      }
      HANDLE = handle;
      REFUSED = refused;
      IGNORED = ignored;
    }
  }

  /** Calls a function that returns a pointer or a long. */
  public long asLong(long... arguments) {
    return call(Shape.IGNORED, arguments);
  }

  /** Calls a function that returns an int; libbpf's functions return negative errno values. */
  public int asInt(long... arguments) {
    return (int) call(Shape.IGNORED, arguments);
  }

  /** Calls a function that returns -1 and sets errno on failure; returns the negated errno then. */
  public int intOrErrno(long... arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = state(arena);
      int result = (int) call(state, arguments);
      return result == -1 ? -errno(state) : result;
    }
  }

  /** Like {@link #intOrErrno}, for functions that return a long. */
  public long longOrErrno(long... arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = state(arena);
      long result = call(state, arguments);
      return result == -1 ? -errno(state) : result;
    }
  }

  /**
   * Like {@link #intOrErrno}, for functions that return a pointer, and NULL on failure. A pointer
   * is never negative.
   */
  public long pointerOrErrno(long... arguments) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = state(arena);
      long result = call(state, arguments);
      return result == 0 ? -errno(state) : result;
    }
  }

  /** Allocates the linker's capture state, which is {@code struct { int errno; }} on Linux. */
  private static MemorySegment state(Arena arena) {
    return arena.allocate(JAVA_INT);
  }

  private static int errno(MemorySegment state) {
    return state.get(JAVA_INT, 0);
  }

  private long call(MemorySegment state, long[] arguments) {
    MethodHandle handle = Shape.HANDLE;
    if (handle == null) {
      throw new UnsatisfiedLinkError("this JVM does not call native functions: " + Shape.REFUSED);
    }
    try {
      return (long)
          handle.invokeExact(
              MemorySegment.ofAddress(found()),
              state,
              argument(arguments, 0),
              argument(arguments, 1),
              argument(arguments, 2),
              argument(arguments, 3),
              argument(arguments, 4),
              argument(arguments, 5),
              argument(arguments, 6));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException("call of " + name + " failed: " + e, e);
    }
  }

  private static long argument(long[] arguments, int index) {
    return index < arguments.length ? arguments[index] : 0;
  }

  private long found() {
    if (function == 0) {
      SharedLibrary from = library.get();
      function = from.find(name);
      if (function == 0) {
        throw new UnsatisfiedLinkError(from.path() + " has no function " + name);
      }
    }
    return function;
  }

  /** Whether the library has the function. */
  boolean exists() {
    return function != 0 || library.get().find(name) != 0;
  }

  /**
   * Returns the address of memory, to be passed as an argument. The memory must stay allocated
   * until the call returns, for example in a confined arena of the caller.
   */
  public static long address(MemorySegment memory) {
    if (!memory.isNative() || !memory.scope().isAlive()) {
      throw new IllegalStateException("memory that C can't have: " + memory);
    }
    return memory.address();
  }

  /** Copies a C string that the caller does not own; returns an empty text for NULL. */
  public static String string(long text) {
    // The length is unknown; the text ends at the NUL.
    return text == 0 ? "" : MemorySegment.ofAddress(text).reinterpret(Long.MAX_VALUE).getString(0);
  }
}
