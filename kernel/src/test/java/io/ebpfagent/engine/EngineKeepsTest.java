// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.ChildJvm;
import io.ebpfagent.KernelTest;
import io.ebpfagent.OpenDescriptors;
import io.ebpfagent.TestObjects;
import io.ebpfagent.linux.Capabilities;
import io.ebpfagent.linux.Capability;
import io.ebpfagent.metrics.TextFormat;
import io.ebpfagent.pin.BpfMount;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What others may read, and what the process itself may still do. */
@KernelTest
@Timeout(120)
final class EngineKeepsTest extends EngineTestCase {
  private static final String SYMBOLS =
      """
      metrics:
        counters:
          - name: hash_u64
            help: A test's counter
            labels:
              - {name: a, size: 8, decoders: [{name: ksym}]}
              - {name: b, size: 8, decoders: [{name: uint}]}
      """;

  /** Drops all capabilities but one, and reads on. */
  static final class Dropping {
    private Dropping() {}

    public static void main(String[] arguments) throws Exception {
      EnginePlan plan =
          EnginePlan.builder()
              .config(TestObjects.config("symbols", "maps-only", SYMBOLS))
              .log((level, message, thrown) -> System.out.println(level + " " + message))
              .build();
      try (Engine engine = Engine.start(plan)) {
        put(engine, "symbols", Long.parseUnsignedLong(arguments[0], 16), 11);
        engine.keepCapabilities(
            Capabilities.of(List.of(Capability.CAP_BPF, Capability.CAP_NET_ADMIN)));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        engine.write(out, TextFormat.PROMETHEUS);
        out.toString(StandardCharsets.UTF_8)
            .lines()
            .filter(line -> line.startsWith("ebpf_exporter_hash_u64"))
            .forEach(System.out::println);
      }
    }
  }

  @Test
  void symbolsAreReadAfterCapabilitiesWereGivenUp() throws Exception {
    String[] symbol;
    try (var lines = Files.lines(Path.of("/proc/kallsyms"))) {
      symbol =
          lines.filter(line -> line.endsWith(" schedule")).findFirst().orElseThrow().split(" ", 3);
    }
    List<String> lines =
        ChildJvm.run(
            List.of("setpriv", "--bounding-set=-net_admin", "--inh-caps=-all"),
            Dropping.class,
            symbol[0]);
    assertThat(lines)
        .contains(
            "ebpf_exporter_hash_u64{a=\"schedule\",b=\"0\"} 11", "INFO capabilities kept: CAP_BPF")
        .anyMatch(line -> line.startsWith("WARNING can't keep what this process does not have"));
  }

  /** On kernels that allow it, rows are there; on others a refusal leaves nothing. */
  @Test
  @Tag("vm")
  void rowsArePinnedOrNothingIs(@TempDir Path mount) throws Exception {
    Path dir = mount.resolve("pins");
    try (BpfMount _ = new BpfMount(mount)) {
      try (Engine engine = Engine.start(plan(config("one")).build())) {
        put(engine, "one", 1, 11);
        pin(engine, dir);
      }
      assertThat(dir).doesNotExist();
    }
  }

  private void pin(Engine engine, Path dir) throws Exception {
    int descriptors = OpenDescriptors.count();
    try {
      engine.pin(dir, null);
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("EPERM");
      assertThat(System.getenv("EBPFAGENT_REQUIRE_ITERATORS")).isNull();
      assertThat(dir).doesNotExist();
      assertThat(OpenDescriptors.count()).isEqualTo(descriptors);
      assertThat(samples(engine, "hash_u64")).hasSize(1);
      return;
    }
    assertThat(dir.resolve("one/rows/hash_u64")).exists();
    assertThatThrownBy(() -> engine.pin(dir, null))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("its maps are pinned");
    engine.replace(plan(config("two")).build());
    assertThat(dir.resolve("two/rows/hash_u64")).exists();
    assertThat(dir.resolve("one")).doesNotExist();
  }
}
