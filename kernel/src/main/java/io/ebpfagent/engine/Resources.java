// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.bpf.KernelBtf;
import io.ebpfagent.decode.CacheBudget;
import io.ebpfagent.decode.DecodeContext;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.kallsyms.Kallsyms;
import io.ebpfagent.log.Log;
import io.ebpfagent.trace.EpochClock;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What all configs of an engine share, from one plan to the next.
 *
 * @param cgroups kept current only while a config needs them
 */
record Resources(
    Log log,
    Loop.Threads threads,
    Kallsyms kallsyms,
    CgroupWatch cgroups,
    Decoders decoders,
    EpochClock clock)
    implements AutoCloseable {

  static Resources open(EnginePlan plan) {
    Kallsyms kallsyms = new Kallsyms(Kallsyms.PATH);
    CgroupWatch cgroups = new CgroupWatch(plan.log());
    DecodeContext context =
        DecodeContext.ofHost()
            .withKallsyms(kallsyms)
            .withCgroups(cgroups.cgroups())
            .withBtfEnums(new KernelBtf(plan.btf(), plan.log())::enumerators)
            .withSkipCacheSize(plan.skipCacheSize())
            .withCacheSize(plan.cacheSize())
            .withCacheBudget(new CacheBudget(plan.cacheBytes()));
    return new Resources(
        plan.log(),
        new Loop.Threads(plan.threads(), plan.log()),
        kallsyms,
        cgroups,
        new Decoders(context),
        new EpochClock());
  }

  /**
   * Starts a thread that reads the kernel's symbols once; returns null when it can't be started.
   */
  @Nullable Loop beginToReadSymbols() {
    try {
      return threads.start(
          "symbols",
          () -> {
            kallsyms.prepare();
            return false;
          });
    } catch (IllegalStateException e) {
      // Then the symbols are read when the first one is looked up.
      log.debug(String.valueOf(e.getMessage()));
      return null;
    }
  }

  @Override
  public void close() {
    try {
      cgroups.close();
    } finally {
      try {
        kallsyms.close();
      } catch (IOException e) {
        log.log(Log.Level.DEBUG, "close kallsyms", e);
      }
    }
  }
}
