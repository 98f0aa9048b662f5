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
 * What all configs of an engine look things up in, one plan after the other.
 *
 * @param cgroups kept current only while a config asks for them
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

  /** Reads the kernel's symbols, once, in a thread; null when there is none to be had. */
  @Nullable Loop beginToReadSymbols() {
    try {
      return threads.start(
          "symbols",
          () -> {
            kallsyms.prepare();
            return false;
          });
    } catch (IllegalStateException e) {
      // Then they are read when somebody asks for one.
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
