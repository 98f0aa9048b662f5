// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;

/**
 * libbpf's messages, routed to the logger {@code libbpf}. While a thread opens, loads or attaches,
 * its messages are kept back for the exception that may come of it, and are logged at once only in
 * debug mode: what libbpf calls a warning is often a probe that may fail.
 */
final class LibbpfLog {
  private static final System.Logger LOG = System.getLogger("libbpf");
  private static final int DEBUG_LEVEL = 2;
  private static final long VA_LIST_BYTES =
      System.getProperty("os.arch").equals("aarch64") ? 32 : 24;

  private static final ThreadLocal<StringBuilder> CAPTURED = new ThreadLocal<>();

  // int vsnprintf(char *str, size_t size, const char *format, va_list ap); on both of our
  // architectures a va_list travels as a pointer.
  private static final MethodHandle VSNPRINTF =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("vsnprintf"),
              FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS));

  private static boolean installed;

  private LibbpfLog() {}

  /** Makes libbpf talk to us instead of stderr; once a process is enough. */
  static synchronized void install() {
    if (installed) {
      return;
    }
    try {
      MethodHandle target =
          MethodHandles.lookup()
              .findStatic(
                  LibbpfLog.class,
                  "print",
                  MethodType.methodType(
                      int.class, int.class, MemorySegment.class, MemorySegment.class));
      // The stub lives as long as libbpf, which keeps its address: the whole process.
      MemorySegment stub =
          Linker.nativeLinker()
              .upcallStub(
                  target,
                  FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS),
                  Arena.global());
      Libbpf.Global.setPrint(stub);
      installed = true;
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  /** Starts to keep this thread's messages. */
  static void capture() {
    install();
    CAPTURED.set(new StringBuilder());
  }

  /** What this thread's messages were since {@link #capture}, which ends. */
  static String captured() {
    StringBuilder text = CAPTURED.get();
    CAPTURED.remove();
    return text == null ? "" : text.toString();
  }

  /** Called by libbpf. Nothing may escape: an exception out of an upcall ends the JVM. */
  @SuppressWarnings("UnusedMethod") // called by name, as the upcall
  private static int print(int level, MemorySegment format, MemorySegment arguments) {
    try {
      boolean debugMessage = level >= DEBUG_LEVEL;
      StringBuilder capture = CAPTURED.get();
      Level as = capture == null && !debugMessage ? Level.WARNING : Level.DEBUG;
      boolean logged = LOG.isLoggable(as);
      boolean captured = capture != null && !debugMessage;
      if (!logged && !captured) {
        return 0;
      }
      String message = format(format, arguments);
      if (captured) {
        capture.append(message);
      }
      if (logged) {
        LOG.log(as, message.strip());
      }
    } catch (Throwable e) {
      return -1;
    }
    return 0;
  }

  private static String format(MemorySegment format, MemorySegment arguments) throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      // vsnprintf uses the list up, so measuring takes a copy of it.
      MemorySegment copy = arena.allocate(VA_LIST_BYTES, 8);
      MemorySegment.copy(arguments.reinterpret(VA_LIST_BYTES), 0, copy, 0, VA_LIST_BYTES);
      int length = (int) VSNPRINTF.invokeExact(MemorySegment.NULL, 0L, format, copy);
      if (length <= 0) {
        return "";
      }
      MemorySegment text = arena.allocate(length + 1L);
      int written = (int) VSNPRINTF.invokeExact(text, length + 1L, format, arguments);
      assert written == length;
      byte[] bytes = text.asSlice(0, length).toArray(JAVA_BYTE);
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }
}
