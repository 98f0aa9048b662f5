// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import io.ebpfagent.cgroup.Cgroups;
import io.ebpfagent.kallsyms.Kallsyms;
import java.nio.file.Path;
import java.util.List;

/**
 * The sources in which decoders look things up.
 *
 * @param kallsyms for {@code ksym} and {@code kstack}
 * @param cgroups for {@code cgroup}
 * @param btfEnums the running kernel's enums, for {@code btf_enum}
 * @param partitions /proc/partitions, for {@code majorminor}
 * @param interfaces /sys/class/net, for {@code ifname}
 * @param pciIds possible paths of pci.ids, in the order they are tried
 * @param architecture {@code os.arch}, for {@code syscall}
 * @param caches limits of the caches
 */
public record DecodeContext(
    Kallsyms kallsyms,
    Cgroups cgroups,
    BtfEnums btfEnums,
    Path partitions,
    Path interfaces,
    List<Path> pciIds,
    String architecture,
    Caches caches) {
  /**
   * Limits of the caches.
   *
   * @param skippedKeys how many raw keys of skipped rows are cached for each metric; 0 for none
   * @param answers how many answers are cached for each label; 0 for the default
   * @param budget the limit in bytes of all caches together
   */
  public record Caches(int skippedKeys, int answers, CacheBudget budget) {}

  public DecodeContext {
    pciIds = List.copyOf(pciIds);
  }

  /** Returns the context of this machine, without a cache of skipped keys. */
  public static DecodeContext ofHost() {
    return new DecodeContext(
        new Kallsyms(Kallsyms.PATH),
        Cgroups.ofHost(),
        new BtfFile(BtfFile.KERNEL),
        Path.of("/proc/partitions"),
        Path.of("/sys/class/net"),
        List.of(Path.of("/usr/share/misc/pci.ids"), Path.of("/usr/share/hwdata/pci.ids")),
        System.getProperty("os.arch"),
        new Caches(0, 0, new CacheBudget(CacheBudget.DEFAULT_BYTES)));
  }

  public DecodeContext withKallsyms(Kallsyms kallsyms) {
    return new DecodeContext(
        kallsyms, cgroups, btfEnums, partitions, interfaces, pciIds, architecture, caches);
  }

  public DecodeContext withCgroups(Cgroups cgroups) {
    return new DecodeContext(
        kallsyms, cgroups, btfEnums, partitions, interfaces, pciIds, architecture, caches);
  }

  public DecodeContext withBtfEnums(BtfEnums btfEnums) {
    return new DecodeContext(
        kallsyms, cgroups, btfEnums, partitions, interfaces, pciIds, architecture, caches);
  }

  private DecodeContext withCaches(Caches caches) {
    return new DecodeContext(
        kallsyms, cgroups, btfEnums, partitions, interfaces, pciIds, architecture, caches);
  }

  public DecodeContext withSkipCacheSize(int skippedKeys) {
    return withCaches(new Caches(skippedKeys, caches.answers, caches.budget));
  }

  public DecodeContext withCacheSize(int answers) {
    return withCaches(new Caches(caches.skippedKeys, answers, caches.budget));
  }

  public DecodeContext withCacheBudget(CacheBudget budget) {
    return withCaches(new Caches(caches.skippedKeys, caches.answers, budget));
  }
}
