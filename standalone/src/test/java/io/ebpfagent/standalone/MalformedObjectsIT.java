// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are not valid objects. */
@ProductTest
class MalformedObjectsIT {
  private static final String YAML =
      """
      metrics:
        counters:
          - name: array_u64
            help: x
            labels: [{name: LABEL, size: 4, decoders: [{name: uint}]}]
      """;

  @TempDir Path dir;
  private final List<String> names = new ArrayList<>();

  private final byte[] object = Product.testObject("maps-only");

  @Test
  void objectsThatAreNone() throws IOException {
    Map<String, String> reasons = new LinkedHashMap<>();
    byte[] program = Files.readAllBytes(Path.of("/bin/true"));
    int machine = Byte.toUnsignedInt(program[18]);
    expect(reasons, "empty", new byte[0], "the file is empty");
    expect(reasons, "text", "int main;\n".getBytes(UTF_8), "not an ELF file; a BPF object is ");
    expect(reasons, "magic", Arrays.copyOf(object, 3), "not an ELF file; a BPF object is ");
    expect(reasons, "a-program", program, "an ELF file, but not for BPF (machine=" + machine);
    expect(reasons, "of-32-bits", changed(4, 1), "an ELF file, but not for BPF");
    expect(reasons, "half-a-header", Arrays.copyOf(object, 63), "truncated: 63 bytes, an ELF h");
    expect(reasons, "a-header", Arrays.copyOf(object, 64), "truncated: its section table ends at ");
    expect(reasons, "no-sections", changed(60, 0), "no section table: the file is damaged or ");
    expect(reasons, "far-sections", changed(47, 0x7f), "truncated: its section table ends at ");
    expect(reasons, "one-byte-short", Arrays.copyOf(object, object.length - 1), "truncated: its s");
    expect(reasons, "no-end", Arrays.copyOf(object, object.length / 2), "truncated: its section t");
    expect(reasons, "zeros", new byte[10_000], "not an ELF file");

    List<String> log = check();
    reasons.forEach(
        (name, reason) ->
            assertThat(log)
                .anyMatch(
                    line ->
                        line.startsWith(
                            "ERROR %s: open %s/%s.bpf.o (%s".formatted(name, dir, name, reason))));
    assertThat(log).hasSameSizeAs(reasons.keySet());
  }

  /** Incomplete copies that end at different places. */
  @Test
  void objectsCutAnywhere() throws IOException {
    int step = object.length / 150;
    for (int length = 0; length < object.length; length += step) {
      put("cut-%05d".formatted(length), Arrays.copyOf(object, length));
    }
    List<String> log = check();
    assertThat(log).hasSameSizeAs(names).hasSizeGreaterThan(100);
    for (String name : names) {
      assertThat(log)
          .anyMatch(
              line -> line.startsWith("ERROR %s: open %s/%s.bpf.o (".formatted(name, dir, name)));
    }
  }

  /**
   * Objects with flipped bits, which libbpf's parser must survive. The kernel must never see one: a
   * flipped max_entries could make it allocate all memory. So the config uses a map that doesn't
   * exist, and is rejected before anything is loaded, even if the object is valid.
   */
  @Test
  void objectsWithWrongBytes() throws IOException {
    Random random = new Random(20);
    for (int i = 0; i < 150; i++) {
      byte[] damaged = object.clone();
      for (int flips = 1 << random.nextInt(5); flips > 0; flips--) {
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      }
      String name = "damaged-" + i;
      put(name, damaged);
      Files.writeString(
          dir.resolve(name + ".yaml"),
          "metrics: {counters: [{name: a_map_in_no_object_%d, help: x}]}".formatted(i));
    }
    List<String> log = check();
    for (String name : names) {
      assertThat(log).anyMatch(line -> line.startsWith("ERROR ") && line.contains(name + ".bpf.o"));
    }
  }

  @Test
  void filesThatAreMissing() throws IOException {
    put("good", object);
    Files.writeString(dir.resolve("no-object.yaml"), YAML);
    Files.createDirectory(dir.resolve("a-folder.yaml"));
    put("a-folder-for-an-object", object);
    Files.delete(dir.resolve("a-folder-for-an-object.bpf.o"));
    Files.createDirectory(dir.resolve("a-folder-for-an-object.bpf.o"));
    Files.write(dir.resolve("a-folder.bpf.o"), object);
    Files.createSymbolicLink(dir.resolve("dangling.yaml"), dir.resolve("nowhere"));
    names.addAll(List.of("no-object", "goo", "a-folder", "dangling", "../good", "good", " "));

    String there = dir + " has a-folder, a-folder-for-an-object, dangling, good, no-object";
    assertThat(check())
        .containsExactlyInAnyOrder(
            "ERROR %s/no-object.bpf.o: no such file, it is compiled from no-object.bpf.c"
                .formatted(dir),
            "ERROR %s/goo.yaml: no such file, did you mean \"good\"? %s".formatted(dir, there),
            "ERROR %s/a-folder.yaml: can't be read: Is a directory".formatted(dir),
            "ERROR %s/dangling.yaml: the link leads nowhere".formatted(dir),
            "ERROR \"../good\": not a config's name, it is the name of a file without its ending",
            "ERROR %s/good.yaml: the name is given twice".formatted(dir),
            "ERROR \" \": not a config's name, it is the name of a file without its ending",
            "ERROR a-folder-for-an-object: read %s/a-folder-for-an-object.bpf.o: Is a directory"
                .formatted(dir));
  }

  @Test
  void textsThatAreNone() throws IOException {
    Map<String, byte[]> texts = new LinkedHashMap<>();
    texts.put("latin-1", "metrics: # caf\u00e9\n".getBytes(ISO_8859_1));
    texts.put("utf-16", "metrics: {}\n".getBytes(UTF_16LE));
    texts.put("an-object", object);
    texts.put("deep", "[".repeat(100_000).getBytes(UTF_8));
    texts.put("deep-keys", deepKeys().getBytes(UTF_8));
    texts.put("large", "# comment\n".repeat(80_000).getBytes(UTF_8));
    texts.put("too-large", "# comment\n".repeat(200_000).getBytes(UTF_8));
    texts.put("aliases", ("a: &a x\nb: [" + "*a,".repeat(100_000) + "]").getBytes(UTF_8));
    texts.put(
        "a-long-number",
        ("metrics: {counters: [{name: a, help: b, labels: [{name: a, size: "
                + "9".repeat(500_000)
                + "}]}]}")
            .getBytes(UTF_8));
    texts.put(
        "many-problems", ("metrics: {counters: [" + "{},".repeat(20_000) + "]}").getBytes(UTF_8));
    for (Map.Entry<String, byte[]> text : texts.entrySet()) {
      put(text.getKey(), object);
      Files.write(dir.resolve(text.getKey() + ".yaml"), text.getValue());
    }
    List<String> log = check();
    assertThat(log)
        .contains(
            "ERROR %s/latin-1.yaml:1: not UTF-8: byte 0xe9".formatted(dir),
            "ERROR %s/utf-16.yaml:1: not YAML: character U+0000 is not allowed".formatted(dir),
            "ERROR %s/deep.yaml: not YAML: Nesting Depth exceeded max 50".formatted(dir),
            "ERROR %s/large.yaml: the file is empty, it needs metrics or tracing".formatted(dir),
            "ERROR %s/aliases.yaml: no metrics and no tracing.spans, needs at least one"
                .formatted(dir),
            "ERROR %s/many-problems.yaml: and 39900 more problems".formatted(dir));
    for (String name : names) {
      assertThat(log).anyMatch(line -> line.startsWith("ERROR %s/%s.yaml:".formatted(dir, name)));
    }
    assertThat(log).allMatch(line -> line.length() < 400);
  }

  private static String deepKeys() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      text.append(" ".repeat(i)).append("a:\n");
    }
    return text.toString();
  }

  @Test
  void aBadConfigLeavesTheGoodOnesRunning() throws IOException {
    put("good", object);
    put("bad-object", Arrays.copyOf(object, 1000));
    put("bad-text", object);
    Files.writeString(dir.resolve("bad-text.yaml"), "metrics: [");
    put("refused", Product.testObject("rejected"));
    Files.writeString(
        dir.resolve("refused.yaml"), "metrics: {counters: [{name: rejected_total, help: x}]}");

    try (ExporterProcess exporter = ExporterProcess.start("--config.dir=" + dir)) {
      Exposition scrape = exporter.scrape();
      assertThat(scrape.samples("ebpf_exporter_array_u64")).hasSize(8);
      assertThat(scrape.samples("ebpf_exporter_rejected_total")).isEmpty();
      for (String info : List.of("enabled_configs", "config_attached")) {
        for (String name : names) {
          double expected = info.equals("enabled_configs") || name.equals("good") ? 1 : 0;
          assertThat(scrape.samples("ebpf_exporter_" + info))
              .contains(
                  new Exposition.Sample(
                      "ebpf_exporter_" + info, Map.of("name", name), expected == 1 ? "1" : "0"));
        }
      }
      assertThat(exporter.get("/"))
          .contains("bad-object.bpf.o", "truncated", "forgets_null_check was refused");
      assertThat(exporter.log())
          .anyMatch(line -> line.contains("bad-text.yaml:1: not YAML"))
          .anyMatch(line -> line.contains("1 configs attached"));
      exporter.stop();
    }
  }

  private void expect(Map<String, String> reasons, String name, byte[] bytes, String reason)
      throws IOException {
    put(name, bytes);
    reasons.put(name, reason);
  }

  private byte[] changed(int at, int value) {
    byte[] bytes = object.clone();
    bytes[at] = (byte) value;
    return bytes;
  }

  private void put(String name, byte[] bytes) throws IOException {
    names.add(name);
    Files.write(dir.resolve(name + ".bpf.o"), bytes);
    Files.writeString(dir.resolve(name + ".yaml"), YAML.replace("LABEL", name.replace('-', '_')));
  }

  /** Checks all of them in one run; each must be identifiable in the log. */
  private List<String> check() {
    return Product.run(
            "--config.check",
            "--log.no-timestamps",
            "--config.dir=" + dir,
            "--config.names=" + String.join(",", names))
        .refused(1)
        .err()
        .lines()
        .toList();
  }
}
