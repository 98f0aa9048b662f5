// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a JVM with this one's class path, for tests that change their process for good or need
 * another one.
 */
public final class ChildJvm {
  private ChildJvm() {}

  /** Returns a prefix that runs a JVM after a shell command, in its own mount namespace. */
  public static List<String> after(String command) {
    String script = command + " && exec \"$0\" \"$@\"";
    return List.of("unshare", "--mount", "--propagation=private", "sh", "-c", script);
  }

  /**
   * Runs a class, and waits until it ends.
   *
   * @param prefix command that runs the JVM: {@code setpriv …}
   * @return the lines that it printed
   * @throws IOException when it fails, with everything that it printed
   */
  public static List<String> run(List<String> prefix, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    return run(start(prefix, List.of("-XX:+UseSerialGC"), main, arguments));
  }

  /** The same with both compilers. */
  public static List<String> runOptimizing(Class<?> main) throws IOException, InterruptedException {
    return run(start(List.of(), List.of("-XX:TieredStopAtLevel=4", "-XX:+UseSerialGC"), main));
  }

  private static List<String> run(Process process) throws IOException, InterruptedException {
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    int code = process.waitFor();
    if (code != 0) {
      throw new IOException("the JVM exited with " + code + ":\n" + output);
    }
    return output.lines().toList();
  }

  /**
   * Starts a class. What it prints, errors too, is the process's input stream.
   *
   * @param prefix what is to run the JVM
   * @param options the JVM's
   */
  public static Process start(
      List<String> prefix, List<String> options, Class<?> main, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-ea", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(options);
    command.add("-Dbasedir=" + System.getProperty("basedir", "."));
    // What measures this JVM's lines measures the child's, too.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("-javaagent:"))
        .forEach(command::add);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }
}
