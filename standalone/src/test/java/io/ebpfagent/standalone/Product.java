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

/** The packaged exporter, installed as a user has it: the jar and beside it the launcher. */
final class Product {
  /** For whatever a test waits for; more where the machine is emulated. */
  static final Duration MAY_TAKE = Duration.ofSeconds(Long.getLong("ebpfagent.mayTakeSeconds", 60));

  /**
   * Where its processes run, and where a JVM that crashes would leave its report. Not in the work
   * tree, which may be in a home that only its owner may enter: some run as another user.
   */
  static final Path WORK = makeWork();

  private static final Path LAUNCHER = install();

  private Product() {}

  /** A run that ended by itself. */
  record Run(int code, String out, String err) {
    /** It failed, and said why in words a user can read. */
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
      // Each in a thread of its own: the common pool may have one for both, and a pipe be full.
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
   * A process of the exporter that is yet to be started, with nothing of this one's environment.
   */
  static ProcessBuilder process(Map<String, String> environment, List<String> arguments) {
    List<String> command =
        Stream.concat(Stream.of(LAUNCHER.toString()), arguments.stream()).toList();
    ProcessBuilder builder = new ProcessBuilder(command).directory(WORK.toFile());
    builder.environment().clear();
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    // Found here first: what the machine's own programs are, not those of someone's home.
    builder.environment().put("PATH", "/usr/bin:/bin");
    builder.environment().put("LANG", "C.UTF-8");
    builder.environment().putAll(environment);
    return builder;
  }

  /** The folder of the examples and their objects. */
  static Path examples() {
    return Path.of(property("examples"));
  }

  /** The bytes of an object compiled from kernel/src/test/bpf. */
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

  /** Removes the folder, unless a JVM crashed: the report is wanted. */
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

  /** A folder of the class path with one class, for a process of another user. */
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

  /** Nothing that only the exporter's programmers can read. */
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
