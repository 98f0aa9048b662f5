// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import static io.ebpfagent.NativeBytes.u64s;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.OpenDescriptors;
import io.ebpfagent.TestObjects;
import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.ObjectSource;
import io.ebpfagent.metrics.TextFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** What the façade's tests share: a plan, and the check that nothing is left afterwards. */
abstract class EngineTestCase {
  static final String PAIR =
      """
      metrics:
        counters:
          - name: hash_u64
            help: A test's counter
            labels:
              - {name: a, size: 8, decoders: [{name: uint}]}
              - {name: b, size: 8, decoders: [{name: uint}]}
      """;

  static final String SWITCHES =
      """
      metrics:
        counters: [{name: switches_total, help: Switches}]
      """;

  final List<String> lines = Collections.synchronizedList(new ArrayList<>());

  private int descriptorsBefore;

  @BeforeEach
  void count() {
    // libbpf is loaded once in a process, and keeps a file descriptor.
    Engine.start(plan(config("warm-up")).build()).close();
    lines.clear();
    descriptorsBefore = OpenDescriptors.count();
  }

  @AfterEach
  void nothingIsLeft() {
    assertThat(OpenDescriptors.count()).isEqualTo(descriptorsBefore);
    assertThat(
            Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("ebpf-events") || name.equals("ebpf-spans")))
        .isEmpty();
  }

  static Config config(String name) {
    return TestObjects.config(name, "maps-only", PAIR);
  }

  static Config switches(String name) {
    return TestObjects.config(name, "two-programs", SWITCHES);
  }

  EnginePlan.Builder plan(Config... configs) {
    EnginePlan.Builder plan =
        EnginePlan.builder().log((level, message, thrown) -> lines.add(level + " " + message));
    for (Config config : configs) {
      plan.config(config);
    }
    return plan;
  }

  static AttachedConfig attached(Engine engine, String name) {
    return Optional.ofNullable(engine.running().configs().get(name)).orElseThrow().attached();
  }

  static void put(Engine engine, String config, long a, long value) throws BpfException {
    attached(engine, config).map("hash_u64").update(u64s(a, 0), u64s(value));
  }

  static String text(Engine engine) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    engine.write(out, TextFormat.PROMETHEUS);
    return out.toString(StandardCharsets.UTF_8);
  }

  static List<String> samples(Engine engine, String family) throws IOException {
    return text(engine)
        .lines()
        .filter(line -> line.startsWith("ebpf_exporter_" + family))
        .map(line -> line.substring("ebpf_exporter_".length()))
        .toList();
  }

  /** Returns a config with another source of its object, which may throw. */
  static Config withObject(Config config, ObjectSource object) {
    return new Config(
        config.name(),
        config.yaml(),
        config.text(),
        object,
        config.metrics(),
        config.spans(),
        config.kaddrs(),
        config.cgroupIdMap(),
        config.warnings());
  }

  static ObjectSource throwing(Throwable thrown) {
    return new ObjectSource() {
      @Override
      public String name() {
        return "throwing.bpf.o";
      }

      @Override
      public InputStream open() throws IOException {
        if (thrown instanceof Error error) {
          throw error;
        }
        throw (RuntimeException) thrown;
      }
    };
  }

  /** Returns the path of this process's C library. */
  static Path libc() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/maps")).stream()
        .filter(line -> line.endsWith("/libc.so.6"))
        .map(line -> Path.of(line.substring(line.indexOf('/'))))
        .findFirst()
        .orElseThrow();
  }
}
