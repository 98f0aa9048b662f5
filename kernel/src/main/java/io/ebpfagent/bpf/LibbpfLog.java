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
 * Collects libbpf's messages while this thread opens, loads or attaches something. They are kept
 * for an exception that may follow, and logged as debug lines, because what libbpf calls a warning
 * is often a probe that may fail. Messages at other times are dropped.
 *
 * <p>libbpf has one print function for the whole process; from the first capture on it is ours.
 */
final class LibbpfLog implements AutoCloseable {
  /** LIBBPF_DEBUG of libbpf.h; warnings and information have lower numbers. */
  private static final int DEBUG_LEVEL = 2;

  // Size of the structure on arm64; on x86-64 it has 24 bytes. Both pass a pointer to it.
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

  /** Collects this thread's messages until it is closed. */
  static LibbpfLog capture(Log log) {
    install();
    LibbpfLog capture = new LibbpfLog(log);
    CURRENT.set(capture);
    return capture;
  }

  static synchronized void install() {
    if (installed) {
      return;
    }
    // Loaded first, so that an unusable library is reported before any problem with upcalls.
    Libbpf.library();
    try {
      // libbpf keeps the stub's address for the life of the process, so the stub has to live as
      // long.
      MemorySegment stub =
          Linker.nativeLinker()
              .upcallStub(
                  MethodHandles.lookup()
                      .findStatic(
                          LibbpfLog.class,
                          "print",
                          MethodType.methodType(int.class, int.class, long.class, long.class)),
                  // Pointers are passed as long: each additional type makes the JVM generate more
                  // code.
                  FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG),
                  Arena.global());
      SET_PRINT.asLong(address(stub));
      installed = true;
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  /** Returns the messages since the capture began, without libbpf's debug messages. */
  String text() {
    return text.toString();
  }

  @Override
  public void close() {
    CURRENT.remove();
  }

  /** Called by libbpf. It must not throw: an exception in an upcall ends the JVM. */
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
      // libbpf begins its messages with "libbpf: ".
      log.debug(message.strip());
    }
  }

  private static String format(long format, long arguments) {
    try (Arena arena = Arena.ofConfined()) {
      // vsnprintf consumes the argument list, so the length is measured with a copy.
      MemorySegment copy = arena.allocate(VA_LIST_BYTES, 8);
      // The list belongs to libbpf and is valid during this call.
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
