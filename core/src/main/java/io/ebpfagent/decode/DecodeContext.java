// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import io.ebpfagent.cgroup.CgroupMount;
import io.ebpfagent.cgroup.CgroupWalk;
import io.ebpfagent.cgroup.Cgroups;
import io.ebpfagent.kallsyms.Kallsyms;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What decoders look things up in.
 *
 * @param kallsyms for {@code ksym} and {@code kstack}
 * @param cgroups for {@code cgroup}
 * @param btfEnums the running kernel's enums, for {@code btf_enum}
 * @param partitions /proc/partitions, for {@code majorminor}
 * @param interfaces /sys/class/net, for {@code ifname}
 * @param pciIds where a pci.ids may be, in the order they are tried
 * @param architecture {@code os.arch}, for {@code syscall}
 * @param skipCacheSize how many raw keys, a metric, that a decoder decided to skip are remembered;
 *     0 for none
 */
public record DecodeContext(
    Kallsyms kallsyms,
    Cgroups cgroups,
    BtfEnums btfEnums,
    Path partitions,
    Path interfaces,
    List<Path> pciIds,
    String architecture,
    int skipCacheSize) {
  public DecodeContext {
    pciIds = List.copyOf(pciIds);
  }

  /** This machine, without BTF and without a skip cache. */
  public static DecodeContext ofHost() {
    return new DecodeContext(
        new Kallsyms(Kallsyms.PATH),
        new Cgroups(new CgroupWalk(CgroupMount.MOUNTINFO)),
        enumName -> Map.of(),
        Path.of("/proc/partitions"),
        Path.of("/sys/class/net"),
        List.of(Path.of("/usr/share/misc/pci.ids"), Path.of("/usr/share/hwdata/pci.ids")),
        System.getProperty("os.arch"),
        0);
  }

  public DecodeContext withKallsyms(Kallsyms kallsyms) {
    return new DecodeContext(
        kallsyms, cgroups, btfEnums, partitions, interfaces, pciIds, architecture, skipCacheSize);
  }

  public DecodeContext withCgroups(Cgroups cgroups) {
    return new DecodeContext(
        kallsyms, cgroups, btfEnums, partitions, interfaces, pciIds, architecture, skipCacheSize);
  }

  public DecodeContext withBtfEnums(BtfEnums btfEnums) {
    return new DecodeContext(
        kallsyms, cgroups, btfEnums, partitions, interfaces, pciIds, architecture, skipCacheSize);
  }

  public DecodeContext withSkipCacheSize(int skipCacheSize) {
    return new DecodeContext(
        kallsyms, cgroups, btfEnums, partitions, interfaces, pciIds, architecture, skipCacheSize);
  }
}
