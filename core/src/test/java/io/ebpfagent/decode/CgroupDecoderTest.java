// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.cgroup.CgroupMount;
import io.ebpfagent.cgroup.CgroupWalk;
import io.ebpfagent.cgroup.Cgroups;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CgroupDecoderTest {
  @ParameterizedTest
  @CsvSource({
    "1, /sys/fs/cgroup",
    "42, /sys/fs/cgroup/system.slice/ssh.service",
    "43, unknown_cgroup_id:43",
    "0, unknown_cgroup_id:0",
    "18446744073709551615, unknown_cgroup_id:18446744073709551615",
  })
  void namesThePath(String in, String text) throws Exception {
    Map<Long, String> paths =
        Map.of(1L, "/sys/fs/cgroup", 42L, "/sys/fs/cgroup/system.slice/ssh.service");
    assertThat(Decoding.decode(new CgroupDecoder(new Cgroups(() -> paths)), in)).isEqualTo(text);
  }

  @Test
  void knowsNoneWithoutAMount() throws Exception {
    Cgroups none =
        new Cgroups(
            () -> {
              throw new IOException("no cgroup2 is mounted");
            });
    assertThat(Decoding.decode(new CgroupDecoder(none), "1")).isEqualTo("unknown_cgroup_id:1");
  }

  @Test
  void refusesWhatIsNotANumber() {
    CgroupDecoder decoder = new CgroupDecoder(new Cgroups(Map::of));
    assertThatThrownBy(() -> Decoding.decode(decoder, "/")).isInstanceOf(DecodeException.class);
  }

  @Test
  @Tag("kernel")
  void namesTheRunningKernelsRootCgroup() throws Exception {
    Path mount = CgroupMount.find(CgroupMount.MOUNTINFO).orElseThrow();
    CgroupDecoder decoder = new CgroupDecoder(new Cgroups(new CgroupWalk(CgroupMount.MOUNTINFO)));
    String id = Files.getAttribute(mount, "unix:ino").toString();
    assertThat(Decoding.decode(decoder, id)).isEqualTo(mount.toString());
  }
}
