// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.pin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.ebpfagent.KernelTest;
import io.ebpfagent.NativeBytes;
import io.ebpfagent.OpenDescriptors;
import io.ebpfagent.TestObjects;
import io.ebpfagent.attach.AttachException;
import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.OpenBpfObject;
import io.ebpfagent.decode.DecodeContext;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.linux.Cpus;
import io.ebpfagent.linux.Errno;
import io.ebpfagent.log.Log;
import io.ebpfagent.metrics.ConfigMetrics;
import io.ebpfagent.metrics.Metrics;
import io.ebpfagent.metrics.PinnedMetrics;
import io.ebpfagent.metrics.TextFormat;
import io.ebpfagent.rows.PinnedFolder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pinning. Some hosts deny iterators over maps; there, only the virtual machines run these tests.
 */
@KernelTest
@Tag("vm")
final class PinFolderTest {
  private static final String LABELS =
      """
            labels:
              - {name: a, size: 8, decoders: [{name: uint}]}
              - {name: b, size: 8, decoders: [{name: uint}]}
      """;

  @TempDir Path mount;

  private final List<String> lines = new ArrayList<>();
  private final Log log = (level, message, thrown) -> lines.add(level + " " + message);
  private final List<AttachedConfig> configs = new ArrayList<>();

  private BpfMount bpf;
  private Path dir;

  @BeforeAll
  static void needsIterators() throws BpfException {
    try (OpenBpfObject open = PinProgram.open("text", Log.NONE)) {
      open.load().close();
    } catch (BpfException e) {
      assumeFalse(
          e.errno() == Errno.EPERM && System.getenv("EBPFAGENT_REQUIRE_ITERATORS") == null,
          "the kernel lets nobody pin rows");
      throw e;
    }
  }

  @BeforeEach
  void mount() throws IOException {
    bpf = new BpfMount(mount);
    dir = mount.resolve("exporter");
  }

  @AfterEach
  void unmount() throws IOException {
    configs.forEach(AttachedConfig::close);
    bpf.close();
  }

  private static String counter(String map, String labels) {
    return "    - name: " + map + "\n      help: A test's.\n" + labels;
  }

  private AttachedConfig attach(String name, String... counters) throws AttachException {
    String yaml = "metrics:\n  counters:\n" + String.join("", counters);
    AttachedConfig config = TestObjects.attach(TestObjects.config(name, "maps-only", yaml));
    configs.add(config);
    return config;
  }

  private AttachedConfig hash(String name, long value) throws AttachException, BpfException {
    AttachedConfig config = attach(name, counter("hash_u64", LABELS));
    config.map("hash_u64").update(NativeBytes.u64s(1, 2), NativeBytes.u64s(value));
    return config;
  }

  private PinFolder pin(AttachedConfig... what) throws IOException {
    return PinFolder.pin(dir, null, List.of(what), log);
  }

  private String read(PinFolder pins) throws IOException, BpfException {
    // On a slow machine the last heartbeat may be too old.
    pins.heard();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PinnedMetrics.open(dir, Log.NONE).write(out, TextFormat.PROMETHEUS);
    return series(out);
  }

  private String attached(AttachedConfig... what) throws IOException {
    Decoders decoders = new Decoders(DecodeContext.ofHost());
    List<ConfigMetrics> metrics =
        Arrays.stream(what)
            .map(config -> new ConfigMetrics(config.config(), config, decoders, Log.NONE))
            .toList();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new Metrics(List.of(), metrics, List.of(), Log.NONE).write(out, TextFormat.PROMETHEUS);
    return series(out);
  }

  /** Returns the series sorted, because the rows of a hash come in any order. */
  private static String series(ByteArrayOutputStream out) {
    return String.join(
        "\n", out.toString(UTF_8).lines().filter(line -> line.contains("_u64{")).sorted().toList());
  }

  private List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void rowsOfEveryKindOfMapAreTheSame() throws Exception {
    String one = "      labels: [{name: a, size: 4, decoders: [{name: uint}]}]\n";
    AttachedConfig config =
        attach(
            "every.kind",
            counter("hash_u64", LABELS),
            counter("lru_hash_u64", LABELS),
            counter("percpu_hash_u64", LABELS),
            counter(
                "lru_percpu_hash_u64",
                LABELS + "        - {name: cpu, size: 2, decoders: [{name: uint}]}\n"),
            counter("array_u64", one),
            counter("percpu_array_u64", one));
    long[] perCpu = new long[Cpus.possible()];
    Arrays.setAll(perCpu, cpu -> 100L + cpu);
    // More rows than one system call returns.
    for (int i = 0; i < 1_000; i++) {
      byte[] key = NativeBytes.u64s(i, -i);
      config.map("hash_u64").update(key, NativeBytes.u64s(i));
      config.map("lru_hash_u64").update(key, NativeBytes.u64s(i));
      config.map("percpu_hash_u64").update(key, NativeBytes.u64s(perCpu));
      config.map("lru_percpu_hash_u64").update(key, NativeBytes.u64s(perCpu));
    }
    config.map("array_u64").update(NativeBytes.u32s(3), NativeBytes.u64s(-1));
    config.map("percpu_array_u64").update(NativeBytes.u32s(2), NativeBytes.u64s(perCpu));
    try (PinFolder pins = pin(config)) {
      String pinned = read(pins);
      assertThat(pinned.lines().count()).isGreaterThan(4_000);
      assertThat(pinned).isEqualTo(attached(config));
      assertThat(names(dir)).containsExactly("configs", "every%2Ekind", "heartbeat");
    }
    assertThat(dir).doesNotExist();
  }

  @Test
  void aMapWhoseRowsTheKernelDoesNotListIsLeftOut() throws Exception {
    AttachedConfig config =
        attach(
            "tries",
            counter("hash_u64", LABELS),
            counter("trie_u64", "      labels: [{name: a, size: 8, decoders: [{name: hex}]}]\n"));
    config.map("hash_u64").update(NativeBytes.u64s(1, 2), NativeBytes.u64s(3));
    try (PinFolder pins = pin(config)) {
      assertThat(lines).anyMatch(line -> line.contains("tries: trie_u64 is left out: "));
      assertThat(read(pins)).isEqualTo("ebpf_exporter_hash_u64{a=\"1\",b=\"2\"} 3");
    }
  }

  @Test
  void aTextMayBeLong() throws Exception {
    String comment = "# " + "é".repeat(50_000) + "\n";
    AttachedConfig config = attach("long", counter("hash_u64", LABELS), comment);
    try (PinFolder _ = pin(config)) {
      PinnedFolder folder = new PinnedFolder(dir);
      assertThat(folder.refresh()).isTrue();
      assertThat(java.util.Optional.ofNullable(folder.configs().get("long")).orElseThrow().yaml())
          .isEqualTo(config.config().text());
    }
  }

  @Test
  void theHeartbeatIsHeard() throws Exception {
    PinFolder pins = pin(hash("a", 1));
    CompletableFuture<Void> beating =
        CompletableFuture.runAsync(
            () -> {
              try {
                while (pins.beat()) {
                  assertThat(lines).isNotEmpty();
                }
              } catch (BpfException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    assertThat(new PinnedFolder(dir).silenceNanos()).isNotNegative();
    pins.close();
    beating.join();
    assertThat(pins.beat()).as("goes on").isFalse();

    try (Heartbeat heartbeat = Heartbeat.pin(mount.resolve("heartbeat"), log)) {
      PinnedFolder folder = new PinnedFolder(mount);
      long silence = folder.silenceNanos();
      long before = System.nanoTime();
      assertThat(folder.silenceNanos()).isGreaterThan(silence);
      heartbeat.beat();
      assertThat(folder.silenceNanos()).isBetween(0L, System.nanoTime() - before);
    }
  }

  @Test
  void configsThatStayKeepTheirFiles() throws Exception {
    AttachedConfig stays = hash("stays", 1);
    AttachedConfig changes = hash("changes", 2);
    AttachedConfig goes = hash("goes", 3);
    try (PinFolder pins = pin(stays, changes, goes)) {
      Path file = dir.resolve("stays/rows/hash_u64");
      Object inode = Files.getAttribute(file, "unix:ino");
      try (FileChannel open = FileChannel.open(file);
          FileChannel old = FileChannel.open(dir.resolve("goes/rows/hash_u64"))) {
        pins.replace(List.of(hash("comes", 5), hash("changes", 4), stays));
        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(inode);
        assertThat(value(open)).isEqualTo(1);
        assertThat(value(old)).as("whoever has it open may end its reading").isEqualTo(3);
      }
      assertThat(names(dir)).containsExactly("changes", "comes", "configs", "heartbeat", "stays");
      assertThat(value("stays")).isEqualTo(1);
      assertThat(value("changes")).isEqualTo(4);
      assertThat(value("comes")).isEqualTo(5);
      PinnedFolder folder = new PinnedFolder(dir);
      folder.refresh();
      assertThat(folder.configs().keySet()).containsExactly("comes", "changes", "stays");
    }
  }

  @Test
  void whatCannotBePinnedLeavesWhatWasThere() throws Exception {
    AttachedConfig first = hash("first", 1);
    AttachedConfig second = hash("second", 2);
    try (PinFolder pins = pin(first, second)) {
      String before = read(pins);
      AttachedConfig closed = hash("second", 3);
      closed.close();
      assertThatIOException()
          .isThrownBy(() -> pins.replace(List.of(hash("third", 4), closed)))
          .withMessageContaining("hash_u64");
      assertThat(names(dir)).containsExactly("configs", "first", "heartbeat", "second");
      assertThat(read(pins)).isEqualTo(before);
      assertThat(value("second")).isEqualTo(2);
      pins.replace(List.of(second));
      assertThat(names(dir)).containsExactly("configs", "heartbeat", "second");
    }
  }

  @Test
  void nothingIsLeftOpen() throws Exception {
    AttachedConfig config = hash("a", 1);
    pin(config).close();
    int before = OpenDescriptors.count();
    try (PinFolder pins = pin(config)) {
      pins.replace(List.of(hash("b", 2)));
    }
    configs.removeLast().close();
    assertThat(OpenDescriptors.count()).isEqualTo(before);
    assertThat(dir).doesNotExist();
  }

  @Test
  void addressesOfTheKernelAreNotForEveryone() throws Exception {
    AttachedConfig secret =
        attach("secret", counter("hash_u64", LABELS.replaceFirst("uint", "ksym")));
    try (PinFolder _ = pin(secret, hash("open", 1))) {
      assertThat(names(dir)).containsExactly("configs", "heartbeat", "open");
      assertThat(lines)
          .filteredOn(line -> line.contains("secret"))
          .containsExactly(
              "WARNING "
                  + dir
                  + ": not pinned, for everyone could read the kernel's addresses there: secret;"
                  + " --pin.group says who may");
    }
    lines.clear();
    try (PinFolder _ = PinFolder.pin(dir, "daemon", List.of(secret), log)) {
      assertThat(names(dir)).containsExactly("configs", "heartbeat", "secret");
      try (Stream<Path> all = Files.walk(dir)) {
        assertThat(all.toList())
            .hasSize(8)
            .allSatisfy(
                path -> {
                  String expected = Files.isDirectory(path) ? "rwxr-x---" : "r--r-----";
                  assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                      .isEqualTo(expected);
                  assertThat(Files.getAttribute(path, "posix:group")).hasToString("daemon");
                });
      }
      assertThat(lines).noneMatch(line -> line.contains("secret"));
    }
  }

  @Test
  void linksAreNotFollowed() throws Exception {
    Path elsewhere = Files.createDirectory(mount.resolve("elsewhere"));
    Files.createDirectory(elsewhere.resolve("rows"));
    Files.createSymbolicLink(dir, elsewhere);
    assertThatIOException().isThrownBy(this::pin).withMessage(dir + " is no folder");
    Files.delete(dir);

    Files.createDirectory(dir);
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createSymbolicLink(dir.resolve("config"), elsewhere);
    assertThatIOException()
        .isThrownBy(this::pin)
        .withMessageStartingWith(dir.resolve("config") + " is nothing an exporter left");
    assertThat(elsewhere.resolve("rows")).exists();
  }

  @Test
  void whatAFormerProcessLeftIsRemoved() throws Exception {
    Files.createDirectory(dir);
    Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
    for (String folder : List.of("a/rows", "b/maps", "%new/c/rows", "%old")) {
      Files.createDirectories(dir.resolve(folder));
    }
    try (PinFolder _ = pin(hash("d", 1))) {
      assertThat(names(dir)).containsExactly("configs", "d", "heartbeat");
      assertThat(lines)
          .contains("INFO " + dir + ": removed the maps of 2 configs that a former exporter left");
    }
  }

  private long value(String config) throws IOException {
    try (FileChannel file = FileChannel.open(dir.resolve(config).resolve("rows/hash_u64"))) {
      return value(file);
    }
  }

  private static long value(FileChannel rows) throws IOException {
    ByteBuffer row = ByteBuffer.allocate(64).order(ByteOrder.nativeOrder());
    assertThat(rows.read(row)).isEqualTo(24);
    return row.getLong(16);
  }
}
