package io.ebpfagent;

import io.ebpfagent.attach.AttachException;
import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.attach.AttachedProgram;
import io.ebpfagent.attach.Attacher;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.Capabilities;
import io.ebpfagent.bpf.KernelBtf;
import io.ebpfagent.bpf.NativeMemory;
import io.ebpfagent.config.Config;
import io.ebpfagent.decode.DecodeContext;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.kallsyms.Kallsyms;
import io.ebpfagent.metrics.Metrics;
import io.ebpfagent.trace.EpochClock;
import io.ebpfagent.trace.SpanReaders;
import io.ebpfagent.trace.SpanSink;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The engine: configs in, metrics and spans out. A config that can't be attached is reported and
 * leaves the others running. Closing it takes everything out of the kernel again.
 */
public final class Exporter implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.ebpfagent");

  /** Who stops a daemon seldom waits longer than ten seconds before it is killed. */
  private static final Duration FLUSH_MAY_TAKE = Duration.ofSeconds(5);

  /**
   * How to run.
   *
   * @param btf an external BTF file of the running kernel; null for the kernel's own
   * @param skipCacheSize how many keys of a metric that a decoder decided to skip are remembered
   */
  public record Options(@Nullable Path btf, int skipCacheSize) {
    public static final Options DEFAULT = new Options(null, 0);
  }

  /**
   * A config that is not running.
   *
   * @param config its name
   * @param message why, in one line or a few
   */
  public record Failure(String config, String message) {}

  private final List<AttachedConfig> attached;
  private final List<Failure> failures;
  private final Kallsyms kallsyms;
  private final Decoders decoders;
  private final CgroupWatch cgroups;
  private final Metrics metrics;
  private final StartTrace startTrace;
  private @Nullable RunningSpans spans;

  private Exporter(
      List<AttachedConfig> attached,
      List<Failure> failures,
      Kallsyms kallsyms,
      Decoders decoders,
      CgroupWatch cgroups,
      Metrics metrics,
      StartTrace startTrace) {
    this.attached = List.copyOf(attached);
    this.failures = List.copyOf(failures);
    this.kallsyms = kallsyms;
    this.decoders = decoders;
    this.cgroups = cgroups;
    this.metrics = metrics;
    this.startTrace = startTrace;
  }

  /** What runs while spans are read. */
  private record RunningSpans(SpanReaders readers, SpanSink sink) {}

  /**
   * Attaches configs that go together (see {@link io.ebpfagent.config.ConfigSet}).
   *
   * @param names the names of all configs that were asked for, those that could not be read
   *     included
   * @throws UnsatisfiedLinkError when there is no usable libbpf
   */
  public static Exporter attach(List<String> names, List<Config> configs, Options options) {
    Kallsyms kallsyms = new Kallsyms(Kallsyms.PATH);
    for (String missing :
        NeededCapabilities.missing(configs, Capabilities.effective(), kallsyms::isRestricted)) {
      LOG.log(Level.WARNING, missing);
    }
    boolean watchesCgroups = configs.stream().anyMatch(Config::hasCgroups);
    CgroupWatch cgroups = watchesCgroups ? CgroupWatch.open() : CgroupWatch.walking();
    Attacher attacher = new Attacher(kallsyms, cgroups.cgroups(), options.btf);
    long begin = System.nanoTime();
    List<AttachedConfig> attached = new ArrayList<>();
    List<Failure> failures = new ArrayList<>();
    for (Config config : configs) {
      try {
        attached.add(attacher.attach(config));
      } catch (AttachException e) {
        // A line each, so that each has its time and level.
        String.valueOf(e.getMessage()).lines().forEach(line -> LOG.log(Level.ERROR, line));
        if (!e.libbpfLog().isEmpty()) {
          LOG.log(Level.DEBUG, "{0}: all that libbpf said:\n{1}", config.name(), e.libbpfLog());
        }
        failures.add(new Failure(config.name(), String.valueOf(e.getMessage())));
      }
    }
    DecodeContext context =
        DecodeContext.ofHost()
            .withKallsyms(kallsyms)
            .withCgroups(cgroups.cgroups())
            .withBtfEnums(new KernelBtf(options.btf)::enumerators)
            .withSkipCacheSize(options.skipCacheSize);
    NativeMemory.trim();
    Decoders decoders = new Decoders(context);
    Metrics metrics = new Metrics(names, attached, decoders);
    metrics.add(cgroups);
    StartTrace startTrace = new StartTrace(begin, System.nanoTime(), attacher.steps());
    return new Exporter(attached, failures, kallsyms, decoders, cgroups, metrics, startTrace);
  }

  /** Whether a config that runs has spans. */
  public boolean hasSpans() {
    return attached.stream().anyMatch(config -> !config.config().spans().isEmpty());
  }

  /**
   * Begins to read the configs' ring buffers, and traces the start of the exporter itself. Called
   * once at most.
   *
   * @param sink where the spans go; closed together with this
   * @throws BpfException when the process has no descriptor left
   */
  public void startSpans(SpanSink sink) throws BpfException {
    EpochClock clock = new EpochClock();
    SpanReaders readers = SpanReaders.open(attached, decoders, sink, clock);
    spans = new RunningSpans(readers, sink);
    metrics.add(new SpanFamilies(readers, sink.counts(), clock));
    sink.accept(startTrace.spans(clock));
    readers.start();
  }

  /** Begins what goes on between scrapes, on daemon threads; {@link #close} ends it. */
  public void start() {
    metrics.start();
    if (attached.stream().anyMatch(config -> config.config().hasCgroups())) {
      cgroups.start();
    }
  }

  /** The attached configs' series, and the engine's own. */
  public Metrics metrics() {
    return metrics;
  }

  /** The configs that run, even if some of their programs did not attach. */
  public List<AttachedConfig> attached() {
    return attached;
  }

  /** The configs that don't run. */
  public List<Failure> failures() {
    return failures;
  }

  /** The programs that are loaded and not attached, as {@code config:program}. */
  public List<String> missedPrograms() {
    List<String> missed = new ArrayList<>();
    for (AttachedConfig config : attached) {
      for (AttachedProgram program : config.programs()) {
        if (!program.attached()) {
          missed.add(config.config().name() + ":" + program.program().name());
        }
      }
    }
    return missed;
  }

  /**
   * Gives up all other capabilities, on every thread of the process and for good. Call it when
   * everything is attached and open: what was opened goes on being read.
   *
   * @param kept of these, the ones that the process has
   * @throws BpfException when some thread still has others
   */
  public void keepCapabilities(Capabilities kept) throws BpfException {
    if (attached.stream().anyMatch(config -> config.config().hasKernelAddresses())) {
      try {
        kallsyms.keepOpen();
      } catch (IOException e) {
        LOG.log(Level.WARNING, "{0}: labels will be without symbols", e.getMessage());
      }
    }
    Capabilities absent = kept.without(Capabilities.effective());
    kept.keepOnly();
    if (absent.mask() != 0) {
      LOG.log(Level.WARNING, "can''t keep what this process does not have: {0}", absent);
    }
    LOG.log(Level.INFO, "capabilities kept: {0}", Capabilities.effective());
  }

  /** Detaches, sends the spans that are still there, and closes the maps. */
  @Override
  public void close() {
    attached.reversed().forEach(AttachedConfig::close);
    if (spans != null) {
      spans.readers.close();
      spans.sink.close(FLUSH_MAY_TAKE);
    }
    cgroups.close();
    try {
      kallsyms.close();
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "close kallsyms", e);
    }
  }
}
