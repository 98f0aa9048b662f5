// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.attach.AttachOptions;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.context.ThreadSlots;
import io.ebpfagent.log.Log;
import io.ebpfagent.trace.SpanSink;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * What an {@link Engine} runs, and how: plain data, which a host can make, keep and change.
 *
 * @param names of all configs that were asked for, including those that could not be read
 * @param configs those that could be read; they don't clash, which {@link ConfigSet} checks
 * @param globals values for {@code const volatile} variables of the configs' objects, by name, in
 *     host byte order
 * @param substitutions replacements for targets in section names, by target. A target is the part
 *     between the first slash and the colon, as in {@code usdt/libjvm:hotspot:gc__begin}.
 * @param absent targets of sections to which nothing is attached, with the reason, which is logged
 *     once for all programs: {@code libjvm}, because it has no probes
 * @param requested names of programs to run that their objects leave out unless they are asked for:
 *     {@code SEC("?…")}
 * @param probedProcess the process whose uprobes and USDT probes fire; -1 for every process
 * @param threadSlots says which span each thread of this process is in, for programs that ask; null
 *     where nobody says
 * @param spans receives spans; null when none are wanted
 * @param traceStart whether the engine's own start is sent there, too
 * @param log receives the engine's lines
 * @param threads creates the engine's threads; the engine names them and makes them daemons
 * @param btf an external BTF file of the running kernel; null for the kernel's own
 * @param skipCacheSize how many keys of skipped rows are cached for each metric
 * @param cacheSize how many decoded values are cached for each label; 0 for the default
 * @param descriptorReserve how many file descriptors are left to the rest of the process, but half
 *     of its limit at most; 0 for none
 * @param cacheBytes limit of all caches together, in bytes of the heap
 */
public record EnginePlan(
    List<String> names,
    List<Config> configs,
    Map<String, byte[]> globals,
    Map<String, String> substitutions,
    Map<String, String> absent,
    Set<String> requested,
    int probedProcess,
    @Nullable ThreadSlots threadSlots,
    @Nullable SpanSink spans,
    boolean traceStart,
    Log log,
    ThreadFactory threads,
    @Nullable Path btf,
    int skipCacheSize,
    int cacheSize,
    int descriptorReserve,
    long cacheBytes) {
  private static final int EVERY_PROCESS = -1;
  private static final String LIBJVM = "libjvm";
  private static final String LIBC = "libc";
  private static final int DESCRIPTORS_LEFT = 256;
  private static final long MOST_CACHE_BYTES = 32L << 20;
  private static final int HEAPS_SHARE_OF_CACHES = 8;

  public EnginePlan {
    names = List.copyOf(names);
    configs = List.copyOf(configs);
    globals = Map.copyOf(globals);
    substitutions = Map.copyOf(substitutions);
    absent = Map.copyOf(absent);
    requested = Set.copyOf(requested);
  }

  /** Returns a builder of a plan without configs, which logs nothing. */
  public static Builder builder() {
    return new Builder();
  }

  /** Builds a plan, step by step. */
  public static final class Builder {
    private final List<String> names = new ArrayList<>();
    private final List<Config> configs = new ArrayList<>();
    private final Map<String, byte[]> globals = new LinkedHashMap<>();
    private final Map<String, String> substitutions = new LinkedHashMap<>();
    private final Map<String, String> absent = new LinkedHashMap<>();
    private final Set<String> requested = new LinkedHashSet<>();
    private int probedProcess = EVERY_PROCESS;
    private @Nullable ThreadSlots threadSlots;
    private @Nullable SpanSink spans;
    private boolean traceStart;
    private Log log = Log.NONE;
    private ThreadFactory threads = Builder::thread;
    private @Nullable Path btf;
    private int skipCacheSize;
    private int cacheSize;
    private int descriptorReserve;
    private long cacheBytes =
        Math.min(Runtime.getRuntime().maxMemory() / HEAPS_SHARE_OF_CACHES, MOST_CACHE_BYTES);

    private Builder() {}

    private static Thread thread(Runnable task) {
      return Thread.ofPlatform().daemon().inheritInheritableThreadLocals(false).unstarted(task);
    }

    /** Adds the configs of a set; those that could not be read will be reported as failed. */
    public Builder configs(ConfigSet set) {
      set.names().stream().filter(name -> !names.contains(name)).forEach(names::add);
      set.configs().forEach(this::config);
      return this;
    }

    /** Adds a config. */
    public Builder config(Config config) {
      if (!names.contains(config.name())) {
        names.add(config.name());
      }
      configs.add(config);
      return this;
    }

    /** Sets a {@code const volatile} variable in all objects that have one of this name. */
    public Builder global(String name, byte[] value) {
      globals.put(name, value.clone());
      return this;
    }

    /** Sets a variable of 4 bytes. */
    public Builder global(String name, int value) {
      return global(
          name, ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(value).array());
    }

    /** Sets a variable of 8 bytes. */
    public Builder global(String name, long value) {
      return global(
          name, ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(value).array());
    }

    /**
     * Replaces a target in section names.
     *
     * @param target such as {@code libjvm}
     * @param actual such as the path of this process's libjvm
     */
    public Builder substitution(String target, String actual) {
      substitutions.put(target, actual);
      return this;
    }

    /**
     * Marks a target in section names as missing.
     *
     * @param reason logged once if a config has programs on the target
     */
    public Builder absent(String target, String reason) {
      absent.put(target, reason);
      return this;
    }

    /** Runs the programs of this name that their objects leave out unless they are asked for. */
    public Builder request(String program) {
      requested.add(program);
      return this;
    }

    /**
     * Makes configs that can watch a single process watch this one; otherwise they watch all
     * processes. It sets their globals {@code host_…}, replaces {@code libjvm} and {@code libc} in
     * section names by the process's, and makes probes fire in this process only.
     */
    public Builder host(HostProcess host) {
      global("host_tgid", host.tgid());
      global("host_cgroup", host.cgroup());
      global("host_memory_cgroup", host.memoryCgroup());
      long[] cpuCgroups = host.cpuCgroups().stream().mapToLong(Long::longValue).toArray();
      ByteBuffer levels =
          ByteBuffer.allocate(Long.BYTES * HostProcess.MOST_LEVELS).order(ByteOrder.nativeOrder());
      levels.asLongBuffer().put(cpuCgroups);
      global("host_cpu_cgroups", levels.array());
      host.libjvm()
          .ifPresentOrElse(
              this::libjvm, () -> absent(LIBJVM, "this process has no libjvm that can be read"));
      return libc().probedProcess(host.pid());
    }

    /** Replaces {@code libjvm} in section names by a file, if that has probes. */
    public Builder libjvm(Libjvm libjvm) {
      return libjvm.hasProbes()
          ? substitution(LIBJVM, libjvm.path().toString())
          : absent(LIBJVM, libjvm.path() + " was built without probes");
    }

    /**
     * Makes probes fire in this process only, and replaces {@code libc} in section names by the
     * library that it runs.
     */
    public Builder probeThisProcess() {
      return libc().probedProcess((int) ProcessHandle.current().pid());
    }

    /** Replaces {@code libc} in section names by the library that this process runs. */
    public Builder libc() {
      Libc.current()
          .ifPresentOrElse(
              path -> substitution(LIBC, path.toString()),
              () -> absent(LIBC, "this process has no libc that can be found"));
      return this;
    }

    /** Makes uprobes and USDT probes fire in one process only. */
    public Builder probedProcess(int pid) {
      probedProcess = pid;
      return this;
    }

    /** Lets programs know which span a thread of this process is in: include/trace_context.h. */
    public Builder threadSlots(@Nullable ThreadSlots slots) {
      threadSlots = slots;
      return this;
    }

    /** Sets where the configs' spans go. */
    public Builder spans(@Nullable SpanSink sink) {
      spans = sink;
      return this;
    }

    /** Sets whether the engine's own start is sent there as a trace, too. */
    public Builder traceStart(boolean wanted) {
      traceStart = wanted;
      return this;
    }

    public Builder log(Log sink) {
      log = sink;
      return this;
    }

    public Builder threads(ThreadFactory factory) {
      threads = factory;
      return this;
    }

    public Builder btf(@Nullable Path file) {
      btf = file;
      return this;
    }

    public Builder skipCacheSize(int keys) {
      skipCacheSize = keys;
      return this;
    }

    public Builder cacheSize(int values) {
      cacheSize = values;
      return this;
    }

    /**
     * Leaves file descriptors to the rest of the process: 256, but half of its limit at most. A
     * config that would take of these is refused.
     */
    public Builder leaveDescriptors() {
      descriptorReserve = DESCRIPTORS_LEFT;
      return this;
    }

    /**
     * Sets the limit of all caches together, in bytes. The default is an eighth of the heap, at
     * most 32 MB.
     */
    public Builder cacheBudget(long bytes) {
      cacheBytes = bytes;
      return this;
    }

    public EnginePlan build() {
      return new EnginePlan(
          names,
          configs,
          globals,
          substitutions,
          absent,
          requested,
          probedProcess,
          threadSlots,
          spans,
          traceStart,
          log,
          threads,
          btf,
          skipCacheSize,
          cacheSize,
          descriptorReserve,
          cacheBytes);
    }
  }

  AttachOptions attachOptions() {
    ThreadSlots slots = threadSlots;
    if (slots == null) {
      return new AttachOptions(
          btf, globals, substitutions, absent, requested, probedProcess, Map.of());
    }
    Map<String, byte[]> all = new LinkedHashMap<>(globals);
    all.putAll(slots.globals());
    return new AttachOptions(
        btf, all, substitutions, absent, requested, probedProcess, slots.maps());
  }

  /**
   * Whether another plan agrees with this one in everything that affects a running config, so that
   * it need not be restarted.
   */
  boolean runsConfigsAlike(EnginePlan other) {
    return globals.keySet().equals(other.globals.keySet())
        && globals.entrySet().stream()
            .allMatch(
                global -> Arrays.equals(global.getValue(), other.globals.get(global.getKey())))
        && substitutions.equals(other.substitutions)
        && absent.equals(other.absent)
        && requested.equals(other.requested)
        && probedProcess == other.probedProcess
        && Objects.equals(threadSlots, other.threadSlots)
        && Objects.equals(spans, other.spans)
        && Objects.equals(btf, other.btf)
        && skipCacheSize == other.skipCacheSize
        && cacheSize == other.cacheSize
        && cacheBytes == other.cacheBytes;
  }
}
