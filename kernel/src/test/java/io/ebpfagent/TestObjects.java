// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent;

import io.ebpfagent.attach.AttachException;
import io.ebpfagent.attach.AttachOptions;
import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.attach.Attacher;
import io.ebpfagent.cgroup.CgroupMount;
import io.ebpfagent.cgroup.CgroupWalk;
import io.ebpfagent.cgroup.Cgroups;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.ConfigException;
import io.ebpfagent.config.ConfigLoader;
import io.ebpfagent.config.ObjectSource;
import io.ebpfagent.kallsyms.Kallsyms;
import io.ebpfagent.log.Log;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The objects that make compiles from src/test/bpf, and configs for them. */
public final class TestObjects {
  private static final Path DIRECTORY =
      Path.of(System.getProperty("basedir", "."), "target", "test-bpf");

  private TestObjects() {}

  /** Returns the path of {@code NAME.bpf.o}. */
  public static Path file(String name) {
    Path file = DIRECTORY.resolve(name + ".bpf.o");
    if (!Files.exists(file)) {
      throw new IllegalStateException(file + " is missing: \"make test\" compiles it");
    }
    return file;
  }

  /** Programs that sample perf events, and some that can't be attached. */
  public static Config samples() {
    return config(
        "samples",
        """
        metrics:
          counters:
            - name: samples_total
              help: Samples by CPU
              labels: [{name: cpu, size: 4, decoders: [{name: uint}]}]
        """);
  }

  /** Returns the bytes of {@code NAME.bpf.o}. */
  public static byte[] bytes(String name) {
    try {
      return Files.readAllBytes(file(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns a config for {@code NAME.bpf.o}, of the same name. */
  public static Config config(String name, String yaml) {
    return config(name, name, yaml);
  }

  /** Returns a config whose name differs from its object's. */
  public static Config config(String name, String object, String yaml) {
    try {
      return ConfigLoader.load(
          name,
          name + ".yaml",
          new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)),
          ObjectSource.ofFile(file(object)));
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** Attaches a config. */
  public static AttachedConfig attach(Config config) throws AttachException {
    return attacher(null).attach(config);
  }

  /**
   * Returns an attacher like the exporter's, except that cgroups are found by walking the tree.
   *
   * @param btf an external BTF file; null for the kernel's own
   */
  public static Attacher attacher(@Nullable Path btf) {
    Cgroups cgroups = new Cgroups(new CgroupWalk(CgroupMount.MOUNTINFO));
    AttachOptions options =
        new AttachOptions(
            btf, Map.of(), Map.of(), Map.of(), Set.of(), AttachOptions.EVERY_PROCESS, Map.of());
    return new Attacher(new Kallsyms(Kallsyms.PATH), cgroups, options, Log.NONE);
  }
}
