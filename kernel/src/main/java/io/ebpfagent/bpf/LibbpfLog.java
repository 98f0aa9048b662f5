// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.linux.NativeFunction.address;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.ebpfagent.linux.NativeFunction;
import io.ebpfagent.log.Log;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * What libbpf says while this thread opens, loads or attaches something: kept for the exception
 * that may come of it, and given to the caller's log as debug lines, for what libbpf calls a
 * warning is often a probe that may fail. What it says at other times, nobody has asked for.
 *
 * <p>libbpf knows one receiver of messages, for the whole process: ours, from the first capture on.
 */
final class LibbpfLog implements AutoCloseable {
  /** LIBBPF_DEBUG of libbpf.h; warnings and information are below. */
  private static final int DEBUG_LEVEL = 2;

  // arm64 has 32 bytes, x86-64 24, and then more of the stack; both pass a pointer.
  private static final long VA_LIST_BYTES = 32;

  private static final ThreadLocal<@Nullable LibbpfLog> CURRENT = new ThreadLocal<>();

  // libbpf_print_fn_t libbpf_set_print(libbpf_print_fn_t fn)
  private static final NativeFunction SET_PRINT = Libbpf.function("libbpf_set_print");
  // int vsnprintf(char *str, size_t size, const char *format, va_list ap)
  private static final NativeFunction VSNPRINTF = NativeFunction.libc("vsnprintf");

  private static boolean installed;

  private final Log log;
  private final StringBuilder text = new StringBuilder();

  private LibbpfLog(Log log) {
    this.log = log;
  }

  /** Takes this thread's messages until it is closed. */
  static LibbpfLog capture(Log log) {
    install();
    LibbpfLog capture = new LibbpfLog(log);
    CURRENT.set(capture);
    return capture;
  }

  private static synchronized void install() {
    if (installed) {
      return;
    }
    // What is wrong with it is said before what may be wrong with calls out of it.
    Libbpf.library();
    try {
      // The stub lives as long as libbpf, which keeps its address: the whole process.
      MemorySegment stub =
          Linker.nativeLinker()
              .upcallStub(
                  MethodHandles.lookup()
                      .findStatic(
                          LibbpfLog.class,
                          "print",
                          MethodType.methodType(int.class, int.class, long.class, long.class)),
                  // Pointers as numbers: each other type makes the JVM generate more.
                  FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
                  Arena.global());
      SET_PRINT.asLong(address(stub));
      installed = true;
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  /** Everything but libbpf's debug messages, since the capture began. */
  String text() {
    return text.toString();
  }

  @Override
  public void close() {
    CURRENT.remove();
  }

  /** Called by libbpf. Nothing may escape: an exception out of an upcall ends the JVM. */
  static int print(int level, long format, long arguments) {
    try {
      LibbpfLog capture = CURRENT.get();
      if (capture != null) {
        capture.print(level >= DEBUG_LEVEL, format, arguments);
      }
      return 0;
    } catch (Throwable e) {
      return -1;
    }
  }

  private void print(boolean debug, long format, long arguments) {
    boolean logged = log.isLoggable(Log.Level.DEBUG);
    if (debug && !logged) {
      return;
    }
    String message = format(format, arguments);
    if (!debug) {
      text.append(message);
    }
    if (logged) {
      // It begins with "libbpf: ", by libbpf's own habit.
      log.debug(message.strip());
    }
  }

  private static String format(long format, long arguments) {
    try (Arena arena = Arena.ofConfined()) {
      // vsnprintf uses the list up, so measuring takes a copy of it.
      MemorySegment copy = arena.allocate(VA_LIST_BYTES, 8);
      // The list is libbpf's, and stays while it waits for us.
      MemorySegment list = MemorySegment.ofAddress(arguments).reinterpret(VA_LIST_BYTES);
      MemorySegment.copy(list, 0, copy, 0, VA_LIST_BYTES);
      int length = VSNPRINTF.asInt(0, 0, format, address(copy));
      if (length <= 0) {
        return "";
      }
      MemorySegment text = arena.allocate(length + 1L);
      VSNPRINTF.asInt(address(text), length + 1L, format, arguments);
      return new String(text.asSlice(0, length).toArray(JAVA_BYTE), UTF_8);
    }
  }
}
