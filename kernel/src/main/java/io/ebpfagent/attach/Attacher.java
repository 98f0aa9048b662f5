// SPDX-License-Identifier: Apache-2.0
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
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.log.Log;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Loads configs into the kernel: open, set globals, load, attach; each step reports its own errors.
 * Not thread-safe.
 */
public final class Attacher {
  /**
   * Size of each CPU's buffer, in bytes. With the first page it is 516 KiB, which a process without
   * CAP_IPC_LOCK may lock for each CPU by default.
   */
  private static final int PERF_BUFFER_BYTES = 512 * 1024;

  /**
   * The largest object: objects stay in the heap, which has room for the other configs then. With
   * debug information, an object of a thousand lines has 1 MB.
   */
  private static final int LARGEST_OBJECT =
      (int) Math.min(64 << 20, Runtime.getRuntime().maxMemory() / 8);

  private final Kallsyms kallsyms;
  private final Cgroups cgroups;
  private final AttachOptions options;
  private final Log log;
  private final List<Step> steps = new ArrayList<>();
  private final Set<String> absentTold = new HashSet<>();

  /**
   * @param cgroups source of the cgroups that maps are filled with
   * @param log receives a line for each program that does not attach
   */
  public Attacher(Kallsyms kallsyms, Cgroups cgroups, AttachOptions options, Log log) {
    this.kallsyms = kallsyms;
    this.cgroups = cgroups;
    this.options = options;
    this.log = log;
  }

  /**
   * Loads a config's object and attaches its programs. A program that doesn't attach is logged and
   * recorded; the others still run.
   *
   * @throws AttachException when the object can't be read, doesn't fit the config or doesn't load,
   *     or anything else is thrown; nothing is left in the kernel
   */
  public AttachedConfig attach(Config config) throws AttachException {
    return attach(config, read(config));
  }

  /**
   * Like {@link #attach(Config)}, with the object's bytes.
   *
   * @param object the bytes that {@link #read} returned
   */
  public AttachedConfig attach(Config config, byte[] object) throws AttachException {
    Step.Timer timer = new Step.Timer(config.name(), steps);
    try {
      AttachedConfig attached = attach(config, object, timer);
      timer.end(null);
      return attached;
    } catch (AttachException e) {
      timer.end(String.valueOf(e.getMessage()));
      throw e;
    } catch (KernelException e) {
      timer.end(String.valueOf(e.getMessage()));
      String libbpfLog = e instanceof BpfException failed ? failed.libbpfLog() : "";
      throw new AttachException(config.name() + ": " + e.getMessage(), libbpfLog, e);
    } catch (RuntimeException | Error e) {
      // An Error also fails only this config: a missing library, or a lack of memory.
      timer.end(e.toString());
      String reason = e instanceof UnsatisfiedLinkError ? e.getMessage() : e.toString();
      throw new AttachException(config.name() + ": " + reason, "", e);
    }
  }

  /** Returns how long the steps of all configs took, including those of failed configs. */
  public List<Step> steps() {
    return List.copyOf(steps);
  }

  private AttachedConfig attach(Config config, byte[] elf, Step.Timer timer)
      throws AttachException, KernelException {
    timer.begin("open");
    try (OpenBpfObject open = OpenBpfObject.open(config.object().name(), elf, options.btf(), log)) {
      List<Problem> problems = MapCheck.problems(config, open);
      if (!problems.isEmpty()) {
        throw new AttachException(
            problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
      }
      setGlobals(config, open);
      setKernelAddresses(config, open);
      shareMaps(open);
      open.request(options.requested());
      timer.begin("load");
      BpfObject object = open.load();
      timer.begin("attach");
      return attach(config, object);
    }
  }

  /**
   * Reads a config's object.
   *
   * @throws AttachException when it does not exist, can't be read or is too large
   */
  public byte[] read(Config config) throws AttachException {
    try (InputStream in = config.object().open()) {
      byte[] object = in.readNBytes(LARGEST_OBJECT + 1);
      if (object.length > LARGEST_OBJECT) {
        throw new IOException(
            "is larger than %s MiB, the most that is read with this heap; is it an object? llvm-strip -g makes one smaller"
                .formatted(LARGEST_OBJECT >> 20));
      }
      return object;
    } catch (IOException e) {
      throw new AttachException(
          "%s: read %s: %s".formatted(config.name(), config.object().name(), reason(e)), "", e);
    }
  }

  /** The JDK's message for these exceptions is only the file's name. */
  private static String reason(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "no such file";
      case AccessDeniedException denied -> "permission denied";
      default -> String.valueOf(e.getMessage());
    };
  }

  private void setGlobals(Config config, OpenBpfObject open) throws AttachException {
    for (Map.Entry<String, byte[]> global : options.globals().entrySet()) {
      OptionalInt size = open.globalSize(global.getKey());
      if (size.isEmpty()) {
        continue;
      }
      if (size.getAsInt() != global.getValue().length) {
        throw new AttachException(
            "%s: const volatile %s of %s has %s bytes, its value %s"
                .formatted(
                    config.name(),
                    global.getKey(),
                    config.object().name(),
                    size.getAsInt(),
                    global.getValue().length));
      }
      open.setGlobal(global.getKey(), global.getValue());
    }
  }

  private void shareMaps(OpenBpfObject open) throws BpfException {
    BpfMap records = options.sharedMaps().get(AttachOptions.RECORDS);
    for (BpfMap map : open.maps()) {
      BpfMap shared = options.sharedMaps().get(map.name());
      if (shared != null) {
        map.reuse(shared);
      } else if (map.name().startsWith(AttachOptions.SHARED)) {
        map.leaveOut();
      } else if (records != null && map.name().endsWith(AttachOptions.BY_SLOT)) {
        map.setMaxEntries(records.maxEntries());
      }
    }
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
      byte[] value =
          ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(address).array();
      if (!open.setGlobal("kaddr_" + symbol, value)) {
        throw new AttachException(
            "%s: kaddrs: %s has no const volatile u64 kaddr_%s"
                .formatted(config.yaml(), config.object().name(), symbol));
      }
    }
  }

  private AttachedConfig attach(Config config, BpfObject object) throws KernelException {
    List<BpfLink> links = new ArrayList<>();
    List<AttachedProgram> programs = new ArrayList<>();
    List<BpfException> refused = new ArrayList<>();
    List<PerfBuffer> perfBuffers = new ArrayList<>();
    Runnable stopCgroups = () -> {};
    try {
      // Done before the programs attach, so that their first events have a buffer and the cgroups
      // they look for are in the map.
      for (Metric.Counter counter : config.counters()) {
        if (counter.perfEventArray()) {
          perfBuffers.add(map(object, counter.name()).perfBuffer(PERF_BUFFER_BYTES));
        }
      }
      if (config.cgroupIdMap().isPresent()) {
        CgroupIdMap spec = config.cgroupIdMap().get();
        MatchingCgroups filler =
            new MatchingCgroups(config.name(), spec, map(object, spec.name()), log);
        stopCgroups = () -> cgroups.unlisten(filler);
        cgroups.listen(filler);
        String problem = cgroups.problem();
        if (!problem.isEmpty()) {
          log.warning(config.name() + ": " + problem);
        }
      }
      for (BpfProgram program : object.programs()) {
        if (!Hook.of(program).runsLast()) {
          programs.add(attach(program, links, refused));
        }
      }
      for (BpfProgram program : object.programs()) {
        if (Hook.of(program).runsLast()) {
          programs.add(attach(program, links, refused));
        }
      }
      warn(config, refused);
      return new AttachedConfig(config, object, programs, links, perfBuffers, stopCgroups);
    } catch (KernelException | RuntimeException | Error e) {
      try {
        new AttachedConfig(config, object, programs, links, perfBuffers, stopCgroups).close();
      } catch (RuntimeException | Error closing) {
        e.addSuppressed(closing);
      }
      throw e;
    }
  }

  private static BpfMap map(BpfObject object, String name) {
    return object
        .map(name)
        .orElseThrow(() -> new IllegalStateException("no map " + name + ", and it was checked"));
  }

  /** A line for each reason: what one probe of a function lacks, all of them lack. */
  private void warn(Config config, List<BpfException> refused) {
    Map<String, List<BpfException>> byReason = new LinkedHashMap<>();
    for (BpfException one : refused) {
      String message = String.valueOf(one.getMessage());
      String reason = message.substring(one.operation().length());
      byReason.computeIfAbsent(reason, r -> new ArrayList<>()).add(one);
    }
    byReason.forEach(
        (reason, all) -> {
          String others = all.size() == 1 ? "" : ", and %s more programs".formatted(all.size() - 1);
          log.warning(config.name() + ": " + all.getFirst().operation() + others + reason);
        });
  }

  private AttachedProgram attach(
      BpfProgram program, List<BpfLink> links, List<BpfException> refused) throws BpfException {
    BpfProgram.Info info = program.info();
    Optional<BpfException> failure = Optional.empty();
    String target = Hook.target(program.section());
    String absent = options.absent().get(target);
    if (absent != null) {
      if (absentTold.add(target)) {
        log.info("programs on %s do nothing: %s".formatted(target, absent));
      }
      failure = Optional.of(program.unattachable(absent));
    } else {
      try {
        links.addAll(Hook.of(program).attach(program, options));
      } catch (BpfException e) {
        refused.add(e);
        failure = Optional.of(e);
      }
    }
    return new AttachedProgram(program, info.id(), info.tag(), failure);
  }
}
