package io.ebpfagent;

import io.ebpfagent.attach.AttachException;
import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.attach.PinnedConfigs;
import io.ebpfagent.bpf.Capabilities;
import io.ebpfagent.bpf.KernelBtf;
import io.ebpfagent.config.Config;
import io.ebpfagent.decode.DecodeContext;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.kallsyms.Kallsyms;
import io.ebpfagent.metrics.Metrics;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The metrics of an exporter in another process, which pinned its maps: read here, without any
 * capability, and never changed. They stay readable when that process ends, and then stand still.
 *
 * <p>Labels are decoded by this process, as far as it may know what they say: names of kernel
 * functions take CAP_SYSLOG.
 */
public final class PinnedMetrics implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.ebpfagent");

  private final List<AttachedConfig> configs;
  private final List<Exporter.Failure> failures;
  private final Kallsyms kallsyms;
  private final Metrics metrics;

  private PinnedMetrics(
      List<AttachedConfig> configs,
      List<Exporter.Failure> failures,
      Kallsyms kallsyms,
      Metrics metrics) {
    this.configs = List.copyOf(configs);
    this.failures = List.copyOf(failures);
    this.kallsyms = kallsyms;
    this.metrics = metrics;
  }

  /**
   * Opens what is pinned now. A config that can't be opened is reported and leaves the others.
   *
   * @param dir the folder that was given to the other process
   * @throws IOException when the folder can't be read
   * @throws UnsatisfiedLinkError when there is no usable libbpf
   */
  public static PinnedMetrics open(Path dir) throws IOException {
    List<String> names = PinnedConfigs.names(dir);
    List<AttachedConfig> opened = new ArrayList<>();
    List<Exporter.Failure> failures = new ArrayList<>();
    for (String name : names) {
      try {
        opened.add(PinnedConfigs.open(dir, name));
      } catch (AttachException e) {
        LOG.log(Level.ERROR, e.getMessage());
        failures.add(new Exporter.Failure(name, String.valueOf(e.getMessage())));
      }
    }
    Kallsyms kallsyms = new Kallsyms(Kallsyms.PATH);
    List<Config> configs = opened.stream().map(AttachedConfig::config).toList();
    NeededCapabilities.symbols(configs, Capabilities.effective(), kallsyms::isRestricted)
        .ifPresent(missing -> LOG.log(Level.WARNING, missing));
    DecodeContext context =
        DecodeContext.ofHost()
            .withKallsyms(kallsyms)
            .withBtfEnums(new KernelBtf(null)::enumerators);
    return new PinnedMetrics(
        opened, failures, kallsyms, new Metrics(names, opened, new Decoders(context)));
  }

  public Metrics metrics() {
    return metrics;
  }

  /** The configs that are read. */
  public List<Config> configs() {
    return configs.stream().map(AttachedConfig::config).toList();
  }

  /** The configs that are pinned and can't be read. */
  public List<Exporter.Failure> failures() {
    return failures;
  }

  @Override
  public void close() {
    configs.reversed().forEach(AttachedConfig::close);
    try {
      kallsyms.close();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "close kallsyms", e);
    }
  }
}
