// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import io.ebpfagent.cgroup.Cgroups;

/** Decodes a decimal cgroup id to the cgroup's path. */
final class CgroupDecoder implements Decoder {
  private final Cgroups cgroups;

  CgroupDecoder(Cgroups cgroups) {
    this.cgroups = cgroups;
  }

  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) throws DecodeException {
    long id = Decimal.parse(in, offset, length);
    String path = cgroups.path(id);
    if (path != null) {
      out.append(path);
      return Outcome.VALUE;
    }
    out.append("unknown_cgroup_id:");
    out.appendUnsigned(id);
    return Outcome.STAND_IN;
  }

  @Override
  public boolean costly() {
    return true;
  }

  @Override
  public boolean mayChange() {
    return true;
  }
}
