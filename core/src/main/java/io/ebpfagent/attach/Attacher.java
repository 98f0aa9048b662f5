package io.ebpfagent.attach;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfLink;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.BpfObject;
import io.ebpfagent.bpf.BpfProgram;
import io.ebpfagent.bpf.OpenBpfObject;
import io.ebpfagent.bpf.PerfBuffer;
import io.ebpfagent.cgroup.Cgroups;
import io.ebpfagent.config.CgroupIdMap;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.Metric;
import io.ebpfagent.config.Problem;
import io.ebpfagent.kallsyms.Kallsyms;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Brings configs into the kernel: open, set globals, load, attach, each step with its own error.
 */
public final class Attacher {
  private static final System.Logger LOG = System.getLogger("io.ebpfagent.attach");

  /**
   * What a process without CAP_IPC_LOCK may lock a CPU, by default: 516 KiB with the first page.
   */
  private static final int PERF_BUFFER_BYTES = 512 * 1024;

  private final Kallsyms kallsyms;
  private final Cgroups cgroups;
  private final @Nullable Path btf;
  private final List<Step> steps = new ArrayList<>();

  /**
   * @param cgroups what maps of cgroups are filled from
   * @param btf an external BTF file of the running kernel; null for the kernel's own
   */
  public Attacher(Kallsyms kallsyms, Cgroups cgroups, @Nullable Path btf) {
    this.kallsyms = kallsyms;
    this.cgroups = cgroups;
    this.btf = btf;
  }

  /**
   * Loads a config's object and attaches its programs. A program that doesn't attach is logged and
   * recorded; the others count.
   *
   * @throws AttachException when the object can't be read, doesn't fit the config or doesn't load;
   *     nothing is left in the kernel
   */
  public AttachedConfig attach(Config config) throws AttachException {
    StepTimer timer = new StepTimer(config.name(), steps);
    try {
      AttachedConfig attached = attach(config, timer);
      timer.end();
      return attached;
    } catch (AttachException e) {
      timer.failed(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  /** How long the steps of all configs took, those of failed ones included. */
  public List<Step> steps() {
    return List.copyOf(steps);
  }

  private AttachedConfig attach(Config config, StepTimer timer) throws AttachException {
    timer.begin("open");
    try (OpenBpfObject open = OpenBpfObject.open(config.object().name(), read(config), btf)) {
      List<Problem> problems = MapCheck.problems(config, open);
      if (!problems.isEmpty()) {
        throw new AttachException(
            problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
      }
      setKernelAddresses(config, open);
      timer.begin("load");
      BpfObject object = open.load();
      timer.begin("attach");
      return attach(config, object);
    } catch (BpfException e) {
      throw new AttachException(config.name() + ": " + e.getMessage(), e.libbpfLog(), e);
    }
  }

  private static byte[] read(Config config) throws AttachException {
    try (InputStream in = config.object().open()) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new AttachException(
          "%s: read %s: %s".formatted(config.name(), config.object().name(), reason(e)), "", e);
    }
  }

  /** The JDK's message for these is no more than the file's name. */
  private static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "no such file";
      case AccessDeniedException denied -> "permission denied";
      default -> String.valueOf(e.getMessage());
    };
  }

  private void setKernelAddresses(Config config, OpenBpfObject open) throws AttachException {
    for (String symbol : config.kaddrs()) {
      long address =
          kallsyms
              .address(symbol)
              .orElseThrow(
                  () ->
                      new AttachException(
                          "%s: kaddrs: the kernel has no symbol %s%s"
                              .formatted(
                                  config.yaml(),
                                  symbol,
                                  kallsyms.isRestricted()
                                      ? " that this process may see: needs CAP_SYSLOG"
                                      : "")));
      if (!open.setGlobal("kaddr_" + symbol, address)) {
        throw new AttachException(
            "%s: kaddrs: %s has no const volatile u64 kaddr_%s"
                .formatted(config.yaml(), config.object().name(), symbol));
      }
    }
  }

  private AttachedConfig attach(Config config, BpfObject object) throws BpfException {
    List<BpfLink> links = new ArrayList<>();
    List<AttachedProgram> programs = new ArrayList<>();
    List<PerfBuffer> perfBuffers = new ArrayList<>();
    Runnable stopCgroups = () -> {};
    try {
      // Before the programs: what they emit from the start has somewhere to go, and the cgroups
      // that they look for are there.
      for (Metric.Counter counter : config.counters()) {
        if (counter.perfEventArray()) {
          perfBuffers.add(map(object, counter.name()).perfBuffer(PERF_BUFFER_BYTES));
        }
      }
      if (config.cgroupIdMap().isPresent()) {
        CgroupIdMap spec = config.cgroupIdMap().get();
        MatchingCgroups filler = new MatchingCgroups(config.name(), spec, map(object, spec.name()));
        stopCgroups = () -> cgroups.unlisten(filler);
        cgroups.listen(filler);
        String problem = cgroups.problem();
        if (!problem.isEmpty()) {
          LOG.log(System.Logger.Level.WARNING, "{0}: {1}", config.name(), problem);
        }
      }
      for (BpfProgram program : object.programs()) {
        if (!Hook.of(program).runsLast()) {
          programs.add(attach(config, program, links));
        }
      }
      for (BpfProgram program : object.programs()) {
        if (Hook.of(program).runsLast()) {
          programs.add(attach(config, program, links));
        }
      }
      return new AttachedConfig(config, object, programs, links, perfBuffers, stopCgroups);
    } catch (BpfException | RuntimeException e) {
      links.reversed().forEach(BpfLink::close);
      perfBuffers.forEach(PerfBuffer::close);
      stopCgroups.run();
      object.close();
      throw e;
    }
  }

  private static BpfMap map(BpfObject object, String name) {
    return object
        .map(name)
        .orElseThrow(() -> new IllegalStateException("no map " + name + ", and it was checked"));
  }

  private static AttachedProgram attach(Config config, BpfProgram program, List<BpfLink> links)
      throws BpfException {
    BpfProgram.Info info = program.info();
    Optional<BpfException> failure = Optional.empty();
    try {
      links.addAll(Hook.of(program).attach(program));
    } catch (BpfException e) {
      LOG.log(System.Logger.Level.WARNING, "{0}: {1}", config.name(), e.getMessage());
      failure = Optional.of(e);
    }
    return new AttachedProgram(program, info.id(), info.tag(), failure);
  }
}
