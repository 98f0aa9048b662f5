// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;

/**
 * What the agent adds to a start: how long its {@code premain} takes, and a JVM that says hello and
 * ends, with no agent, with one that does nothing, and with ours. All take turns.
 */
public final class AgentStartBenchmark {
  private static final int ROUNDS = 21;
  private static final String ENTRY = "io.ebpfagent.entry.EbpfAgent";

  private record Started(double millis, String out) {}

  private AgentStartBenchmark() {}

  /**
   * Runs all cases.
   *
   * @param args the agent's jar
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    String agent = args[0];
    Path timer = Files.createTempFile("timer", ".jar");
    try {
      writeTimer(timer);
      List<Double> hello = new ArrayList<>();
      List<Double> idle = new ArrayList<>();
      List<Double> ours = new ArrayList<>();
      List<Double> premain = new ArrayList<>();
      List<Double> premainCpu = new ArrayList<>();
      // The first of each finds the files that it reads in no cache of the system.
      for (int i = -1; i < ROUNDS; i++) {
        double first = start(List.of()).millis;
        double second = start(List.of("-javaagent:" + timer + "=")).millis;
        double third = start(List.of("-javaagent:" + agent)).millis;
        String[] fourth = premain(timer, agent);
        if (i >= 0) {
          hello.add(first);
          idle.add(second);
          ours.add(third);
          premain.add(Long.parseLong(fourth[1]) / 1e6);
          premainCpu.add(Long.parseLong(fourth[2]) / 1e6);
        }
      }
      System.out.printf(Locale.ROOT, "%-44s %20s %22s%n", "median [min–max]", "ms", "hellos");
      print("hello", hello, hello);
      print("hello, an agent that does nothing", idle, hello);
      print("hello, ebpf-agent", ours, hello);
      System.out.printf(
          Locale.ROOT,
          "%-44s %20s%n",
          "premain of ebpf-agent, entry to return",
          Spread.of(premain).text(2));
      System.out.printf(
          Locale.ROOT, "%-44s %20s%n", "the same, CPU time", Spread.of(premainCpu).text(2));
    } finally {
      Files.delete(timer);
    }
  }

  private static void print(String title, List<Double> millis, List<Double> hello) {
    System.out.printf(
        Locale.ROOT,
        "%-44s %20s %22s%n",
        title,
        Spread.of(millis).text(0),
        Spread.ofRatios(millis, hello).text(2));
  }

  private static void writeTimer(Path jar) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", PremainTimer.class.getName());
    String name = PremainTimer.class.getName().replace('.', '/') + ".class";
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file, manifest);
        InputStream in = PremainTimer.class.getResourceAsStream("PremainTimer.class")) {
      if (in == null) {
        throw new IOException("no " + name);
      }
      out.putNextEntry(new ZipEntry(name));
      in.transferTo(out);
      out.closeEntry();
    }
  }

  /** "premain", nanoseconds by the clock, and of CPU. */
  private static String[] premain(Path timer, String agent)
      throws IOException, InterruptedException {
    String out = start(List.of("-javaagent:" + timer + "=" + ENTRY), agent).out;
    return out.lines()
        .filter(line -> line.startsWith("premain "))
        .map(line -> line.split(" ", 3))
        .findFirst()
        .orElseThrow(() -> new IOException("no premain: " + out));
  }

  private static Started start(List<String> options, String... more)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(options);
    List<String> classPath = new ArrayList<>(List.of(more));
    classPath.add(System.getProperty("java.class.path"));
    command.addAll(List.of("-cp", String.join(":", classPath), Hello.class.getName()));
    long begin = System.nanoTime();
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("hello failed: " + out);
    }
    return new Started((System.nanoTime() - begin) / 1e6, out);
  }
}
