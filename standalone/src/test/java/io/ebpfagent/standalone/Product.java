// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** The packaged exporter, installed as a user has it: the jar and the launcher beside it. */
final class Product {
  /** Timeout for anything that a test waits for; longer on emulated machines. */
  static final Duration MAY_TAKE = Duration.ofSeconds(Long.getLong("ebpfagent.mayTakeSeconds", 60));

  /**
   * Working directory of its processes, in which a crashing JVM would leave its report. It is not
   * in the work tree, which may be in a home directory that only its owner can enter: some
   * processes run as another user.
   */
  static final Path WORK = makeWork();

  private static final Path LAUNCHER = install();

  private Product() {}

  /** A finished run. */
  record Run(int code, String out, String err) {
    /** Checks that it failed, with a reason that a user can read. */
    Run refused(int expectedCode) {
      assertThat(code).as(err).isEqualTo(expectedCode);
      assertReadable(err);
      return this;
    }

    Run succeeded() {
      assertThat(code).as(err).isZero();
      assertReadable(err);
      return this;
    }
  }

  /** Runs the exporter until it ends. */
  static Run run(String... arguments) {
    return run(List.of(arguments));
  }

  static Run run(List<String> arguments) {
    return run(Map.of(), arguments);
  }

  static Run run(Map<String, String> environment, List<String> arguments) {
    return run(process(environment, arguments));
  }

  static Run run(ProcessBuilder builder) {
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      // Each stream has its own thread: the common pool may have only one thread for both, and a
      // pipe could fill up.
      CompletableFuture<String> out =
          CompletableFuture.supplyAsync(() -> text(process, false), Thread::startVirtualThread);
      CompletableFuture<String> err =
          CompletableFuture.supplyAsync(() -> text(process, true), Thread::startVirtualThread);
      if (!process.waitFor(MAY_TAKE)) {
        process.destroyForcibly();
        throw new AssertionError("still running: " + builder.command() + "\n" + err.join());
      }
      assertNoCrash();
      return new Run(process.exitValue(), out.join(), err.join());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  private static String text(Process process, boolean err) {
    try (var in = err ? process.getErrorStream() : process.getInputStream()) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns the builder of an exporter process that is not started yet, with an empty environment.
   */
  static ProcessBuilder process(Map<String, String> environment, List<String> arguments) {
    List<String> command =
        Stream.concat(Stream.of(LAUNCHER.toString()), arguments.stream()).toList();
    ProcessBuilder builder = new ProcessBuilder(command).directory(WORK.toFile());
    builder.environment().clear();
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    // The machine's own programs come before those in a home directory.
    builder.environment().put("PATH", "/usr/bin:/bin");
    builder.environment().put("LANG", "C.UTF-8");
    builder.environment().putAll(environment);
    return builder;
  }

  /** Returns the folder of the examples and their objects. */
  static Path examples() {
    return Path.of(property("examples"));
  }

  /** Returns the bytes of an object compiled from kernel/src/test/bpf. */
  static byte[] testObject(String name) {
    try {
      return Files.readAllBytes(Path.of(property("testObjects"), name + ".bpf.o"));
    } catch (IOException e) {
      throw new UncheckedIOException("make test compiles it", e);
    }
  }

  private static String property(String name) {
    String value = System.getProperty("ebpfagent." + name);
    if (value == null) {
      throw new IllegalStateException("-Debpfagent." + name + " is missing; Maven sets it");
    }
    return value;
  }

  private static Path makeWork() {
    try {
      Path work = Files.createTempDirectory(Path.of(property("work")), "ebpf-exporter-");
      Files.setPosixFilePermissions(work, PosixFilePermissions.fromString("rwxr-xr-x"));
      Runtime.getRuntime().addShutdownHook(new Thread(Product::removeWork));
      return work;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Removes the folder, unless a JVM crashed and left its report. */
  private static void removeWork() {
    assertNoCrash();
    try (Stream<Path> all = Files.walk(WORK)) {
      all.sorted(Comparator.reverseOrder()).forEach(Product::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path install() {
    try {
      Files.copy(Path.of(property("jar")), WORK.resolve("ebpf-exporter.jar"));
      return Files.copy(Path.of(property("launcher")), WORK.resolve("ebpf-exporter"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns a class path folder with a single class, for a process of another user. */
  static Path classPathOf(Class<?> only) {
    String file = only.getName().replace('.', '/') + ".class";
    Path folder = WORK.resolve("classes");
    try (InputStream in = only.getResourceAsStream("/" + file)) {
      Path copy = folder.resolve(file);
      Files.createDirectories(copy.getParent());
      Files.write(copy, in.readAllBytes());
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Checks that the log contains nothing that only the exporter's developers would understand. */
  static void assertReadable(String log) {
    assertThat(log).doesNotContain("\tat ").doesNotContain("Exception");
  }

  static void assertNoCrash() {
    try (Stream<Path> files = Files.list(WORK)) {
      assertThat(files)
          .noneMatch(file -> file.getFileName().toString().matches("hs_err.*|core(\\.[0-9]+)?"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
