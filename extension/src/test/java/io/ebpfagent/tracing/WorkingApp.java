// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * An application that does what each line says, in a span that is named after the line's verb, and
 * says what the thread itself knows of that: {@code done VERB NUMBER…}.
 */
final class WorkingApp {
  /** What is read or written at once and takes a while. */
  static final int LARGE = 32 << 20;

  /** How many bytes it sends at once. */
  static final int QUESTION = 1000;

  /** How long it waits. */
  static final int WAIT_MILLIS = 40;

  private static final Object LOCK = new Object();
  private static final int PAGE_FAULTS_APART = 4 << 20;
  private static final int POSIX_FADV_DONTNEED = 4;

  private WorkingApp() {}

  public static void main(String[] arguments) throws Throwable {
    Tracer tracer = GlobalOpenTelemetry.getTracer("app");
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    warmUp();
    System.out.println("ready");
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] words = line.split(" ", -1);
      String argument = words[1];
      Span span = tracer.spanBuilder(words[0]).startSpan();
      String known;
      try (Scope scope = span.makeCurrent()) {
        assert scope != null;
        known =
            switch (words[0]) {
              case "write" -> write(Path.of(argument));
              case "sync" -> sync(Path.of(argument));
              case "large" -> large(Path.of(argument));
              case "fault" -> fault(Path.of(argument));
              case "reclaim" -> readAll(Path.of(argument));
              case "lookup" -> lookup(argument);
              case "await" -> await(argument);
              case "spin" -> spin(Integer.parseInt(argument));
              case "nap" -> nap(Integer.parseInt(argument));
              case "compete" -> compete(Integer.parseInt(argument));
              case "connect" -> connect(Integer.parseInt(argument));
              case "ask" -> ask(Integer.parseInt(argument));
              case "mix" -> mix(Integer.parseInt(argument));
              case "lose" -> lose(Integer.parseInt(argument));
              default -> throw new IllegalArgumentException(line);
            };
      } finally {
        span.end();
      }
      System.out.println("done " + words[0] + " " + known);
    }
  }

  /** What is loaded later would be read from files, too. */
  private static void warmUp() throws IOException {
    onCpuNanos();
    schedulerWaits();
    majorFaults();
    lookup("localhost");
  }

  private static String write(Path file) throws IOException {
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.allocate(1 << 20));
      out.force(true);
    }
    return "";
  }

  /** By each of the three ways; says how long each took. */
  private static String sync(Path file) throws IOException {
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      out.write(ByteBuffer.allocate(8 << 10));
      long begin = System.nanoTime();
      out.force(true);
      long all = System.nanoTime();
      out.write(ByteBuffer.allocate(8 << 10));
      long dataBegin = System.nanoTime();
      out.force(false);
      long data = System.nanoTime();
      MappedByteBuffer mapped = out.map(MapMode.READ_WRITE, 0, 8 << 10);
      mapped.put(0, (byte) 1);
      long mappedBegin = System.nanoTime();
      mapped.force();
      return "%d %d %d".formatted(all - begin, data - dataBegin, System.nanoTime() - mappedBegin);
    }
  }

  private static String large(Path file) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(LARGE);
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long begin = System.nanoTime();
      int written = channel.write(buffer);
      long wrote = System.nanoTime();
      channel.write(ByteBuffer.allocateDirect(1), 0);
      buffer.clear();
      long readBegin = System.nanoTime();
      int read = channel.read(buffer, 0);
      long took = System.nanoTime() - readBegin;
      channel.read(ByteBuffer.allocateDirect(1), 0);
      return "%d %d %d %d".formatted(written, wrote - begin, read, took);
    }
  }

  /** Touches pages of a mapped file that are not in memory; says how many major faults it had. */
  private static String fault(Path file) throws Throwable {
    forget(file);
    try (FileChannel channel = FileChannel.open(file)) {
      MappedByteBuffer mapped = channel.map(MapMode.READ_ONLY, 0, channel.size());
      long before = majorFaults();
      for (int at = 0; at < mapped.limit(); at += PAGE_FAULTS_APART) {
        mapped.get(at);
      }
      return Long.toString(majorFaults() - before);
    }
  }

  /** Takes a file's pages out of memory. */
  private static void forget(Path file) throws Throwable {
    Linker linker = Linker.nativeLinker();
    try (Arena arena = Arena.ofConfined()) {
      int descriptor =
          (int)
              linker
                  .downcallHandle(
                      linker.defaultLookup().findOrThrow("open"),
                      FunctionDescriptor.of(
                          ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT))
                  .invokeExact(arena.allocateFrom(file.toString()), 0);
      int _ =
          (int)
              linker
                  .downcallHandle(
                      linker.defaultLookup().findOrThrow("posix_fadvise"),
                      FunctionDescriptor.of(
                          ValueLayout.JAVA_INT,
                          ValueLayout.JAVA_INT,
                          ValueLayout.JAVA_LONG,
                          ValueLayout.JAVA_LONG,
                          ValueLayout.JAVA_INT))
                  .invokeExact(descriptor, 0L, 0L, POSIX_FADV_DONTNEED);
    }
  }

  private static String readAll(Path file) throws IOException {
    byte[] buffer = new byte[1 << 16];
    long all = 0;
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        all += read;
      }
    }
    return Long.toString(all);
  }

  private static String lookup(String name) {
    try {
      return InetAddress.getAllByName(name)[0].getHostAddress();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }

  /** Waits for {@link #WAIT_MILLIS}, in one of the ways that Java has. */
  @SuppressWarnings("WaitNotInLoop") // it waits for nothing but the time
  private static String await(String how) throws IOException, InterruptedException {
    switch (how) {
      case "sleep" -> Thread.sleep(WAIT_MILLIS);
      case "park" -> LockSupport.parkNanos(WAIT_MILLIS * 1_000_000L);
      case "stopped" -> {
        Process stops =
            new ProcessBuilder(
                    "sh", "-c", "sleep 0.1; kill -STOP $PPID; sleep 0.2; kill -CONT $PPID")
                .start();
        while (stops.isAlive()) {
          Thread.onSpinWait();
        }
      }
      case "notify" -> {
        synchronized (LOCK) {
          LOCK.wait(WAIT_MILLIS);
        }
      }
      case "monitor" -> {
        CountDownLatch entered = new CountDownLatch(1);
        Thread.ofPlatform().start(() -> hold(entered));
        while (entered.getCount() > 0) {
          Thread.onSpinWait();
        }
        synchronized (LOCK) {
          LOCK.notifyAll();
        }
      }
      default -> throw new IllegalArgumentException(how);
    }
    return "";
  }

  private static void hold(CountDownLatch entered) {
    synchronized (LOCK) {
      entered.countDown();
      LockSupport.parkNanos(WAIT_MILLIS * 1_000_000L);
    }
  }

  /** Uses a CPU for so long; says how long it had none meanwhile. */
  private static String spin(int millis) {
    long begin = System.nanoTime();
    long onCpu = onCpuNanos();
    while (onCpuNanos() - onCpu < millis * 1_000_000L) {
      Thread.onSpinWait();
    }
    long used = onCpuNanos() - onCpu;
    return Long.toString(System.nanoTime() - begin - used);
  }

  /** The same with a sleep every other ms; says how long it waited for a CPU. */
  private static String nap(int millis) throws IOException, InterruptedException {
    long before = schedulerWaits();
    for (int i = 0; i < millis; i++) {
      spin(1);
      Thread.sleep(1);
    }
    return Long.toString(schedulerWaits() - before);
  }

  /** The same beside another thread on the same CPU; says how long it waited for a CPU. */
  private static String compete(int millis) throws IOException, InterruptedException {
    long before = schedulerWaits();
    AtomicBoolean done = new AtomicBoolean();
    Thread other =
        new Thread(
            () -> {
              onOneCpu();
              while (!done.get()) {
                Thread.onSpinWait();
              }
            });
    other.setDaemon(true);
    other.start();
    onOneCpu();
    spin(millis);
    done.set(true);
    other.join();
    run("0-1023");
    return Long.toString(schedulerWaits() - before);
  }

  private static void onOneCpu() {
    try {
      run("0");
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Lets the thread run on these CPUs alone. */
  private static void run(String cpus) throws IOException, InterruptedException {
    String thread = Path.of("/proc/thread-self").toRealPath().getFileName().toString();
    new ProcessBuilder("taskset", "-cp", cpus, thread)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  private static String connect(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write(1);
    } catch (IOException e) {
      return "not connected: " + e.getMessage();
    }
    return "";
  }

  /** When it is told to, asks, and waits for an answer. */
  private static String ask(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      int go = socket.getInputStream().read();
      socket.getOutputStream().write(new byte[QUESTION]);
      return go + " " + socket.getInputStream().read();
    }
  }

  /** Asks twice, and in between asks for something in no span. */
  private static String mix(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write(new byte[QUESTION]);
      int next = socket.getInputStream().read();
      try (Scope _ = Context.root().makeCurrent()) {
        socket.getOutputStream().write(new byte[QUESTION - 1]);
      }
      next += socket.getInputStream().read();
      socket.getOutputStream().write(new byte[QUESTION]);
      return Integer.toString(next + socket.getInputStream().read());
    }
  }

  /** Asks, and is given no answer but a reset. */
  private static String lose(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write(new byte[QUESTION]);
      return Integer.toString(socket.getInputStream().read());
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static long onCpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** How many nanoseconds this thread has waited for a CPU. */
  private static long schedulerWaits() throws IOException {
    return Long.parseLong(
        Files.readString(Path.of("/proc/thread-self/schedstat")).split(" ", 3)[1]);
  }

  private static long majorFaults() throws IOException {
    String stat = Files.readString(Path.of("/proc/thread-self/stat"));
    // Behind the name in parentheses: state ppid pgrp session tty tpgid flags minflt cminflt majflt
    return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ", 11)[9]);
  }
}
