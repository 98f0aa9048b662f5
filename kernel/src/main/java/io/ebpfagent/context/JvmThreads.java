// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.context;

import io.ebpfagent.linux.NativeFunction;
import io.ebpfagent.linux.SharedLibrary;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Where HotSpot keeps what a thread waits for, so that programs can tell a sleep from a lock. Its
 * library has tables of its own structs, which are for debuggers in other processes. Where they
 * are, or mean, something else, nothing is known.
 */
public final class JvmThreads {
  private static final int MOST_ENTRIES = 1 << 14;
  private static final int POINTER = 8;

  // A thread whose struct is no larger has no parker in it.
  private static final long LEAST_BYTES = 64;
  private static final long MOST_BYTES = 1 << 16;

  // Variables of jvm_wait.h.
  private static final Map<String, String> OFFSETS =
      Map.of(
          "jvm_pending_monitor", "JavaThread._current_pending_monitor",
          "jvm_waiting_monitor", "JavaThread._current_waiting_monitor",
          "jvm_thread_state", "JavaThread._thread_state",
          "jvm_os_thread", "Thread._osthread",
          "jvm_os_thread_state", "OSThread._state");
  private static final Map<String, String> STATES =
      Map.of("jvm_condvar_wait", "CONDVAR_WAIT", "jvm_in_native", "_thread_in_native");

  private final VarHandle nativeThread;
  private final Map<String, byte[]> globals;

  private JvmThreads(VarHandle nativeThread, Map<String, byte[]> globals) {
    this.nativeThread = nativeThread;
    this.globals = Map.copyOf(globals);
  }

  /**
   * Reads the tables.
   *
   * @param libjvm the library that this JVM runs
   * @throws ReflectiveOperationException when {@code java.lang} isn't open to this class, or has
   *     changed
   * @throws IllegalStateException when the tables have changed
   * @throws UnsatisfiedLinkError when the library can't be opened
   */
  public static JvmThreads read(Path libjvm) throws ReflectiveOperationException {
    VarHandle handle =
        MethodHandles.privateLookupIn(Thread.class, MethodHandles.lookup())
            .findVarHandle(Thread.class, "eetop", long.class);
    SharedLibrary library = SharedLibrary.open(libjvm.toString());
    Map<String, Long> fields = table(library, "Struct", "Offset", "TypeName", "FieldName");
    Map<String, Long> types = table(library, "Type", "Size", "TypeName");
    Map<String, Long> constants = table(library, "IntConstant", "Value", "Name");
    long bytes = value(types, "JavaThread");
    if (bytes < LEAST_BYTES || bytes > MOST_BYTES) {
      throw new IllegalStateException("a JavaThread of %s bytes".formatted(bytes));
    }
    Map<String, byte[]> globals = new HashMap<>();
    globals.put("jvm_thread_bytes", number(bytes));
    OFFSETS.forEach((variable, field) -> globals.put(variable, number(value(fields, field))));
    STATES.forEach((variable, name) -> globals.put(variable, state(value(constants, name))));
    return new JvmThreads(handle, globals);
  }

  /** Where the struct of a platform thread is; 0 before its start and after its end. */
  long address(Thread thread) {
    return (long) nativeThread.get(thread);
  }

  /** What programs must know: values of {@code const volatile} variables. */
  Map<String, byte[]> globals() {
    return globals;
  }

  private static long value(Map<String, Long> table, String name) {
    Long value = table.get(name);
    if (value == null) {
      throw new IllegalStateException("this JVM says nothing of " + name);
    }
    return value;
  }

  private static byte[] state(long value) {
    return ByteBuffer.allocate(Integer.BYTES)
        .order(ByteOrder.nativeOrder())
        .putInt((int) value)
        .array();
  }

  private static byte[] number(long value) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(value).array();
  }

  /**
   * Reads a table: where it is, how far its entries are apart, and where their parts are, is each
   * in a variable of its own.
   *
   * @param names the parts that are an entry's name, which the last entry has not
   */
  private static Map<String, Long> table(
      SharedLibrary library, String of, String value, String... names) {
    String prefix = "gHotSpotVM" + of;
    long stride = variable(library, prefix + "EntryArrayStride");
    long valueOffset = variable(library, prefix + "Entry" + value + "Offset");
    long[] nameOffsets = new long[names.length];
    for (int i = 0; i < names.length; i++) {
      nameOffsets[i] = variable(library, prefix + "Entry" + names[i] + "Offset");
    }
    Map<String, Long> table = new HashMap<>();
    long entry = variable(library, prefix + "s");
    for (int i = 0; i < MOST_ENTRIES; i++, entry += stride) {
      long name = pointer(entry + nameOffsets[0]);
      if (name == 0) {
        return table;
      }
      StringBuilder whole = new StringBuilder(NativeFunction.string(name));
      for (int part = 1; part < names.length; part++) {
        whole.append('.').append(NativeFunction.string(pointer(entry + nameOffsets[part])));
      }
      table.put(whole.toString(), (long) integer(entry + valueOffset));
    }
    throw new IllegalStateException(prefix + "s has no end");
  }

  private static long variable(SharedLibrary library, String name) {
    long address = library.find(name);
    if (address == 0) {
      throw new IllegalStateException("this JVM has no " + name);
    }
    return pointer(address);
  }

  private static long pointer(long address) {
    return MemorySegment.ofAddress(address)
        .reinterpret(POINTER)
        .get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
  }

  /** Sizes and offsets are 8 bytes, constants 4; none of them needs more. */
  private static int integer(long address) {
    return MemorySegment.ofAddress(address)
        .reinterpret(Integer.BYTES)
        .get(ValueLayout.JAVA_INT_UNALIGNED, 0);
  }
}
