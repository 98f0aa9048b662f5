// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CgroupMountTest {
  @ParameterizedTest
  @CsvSource({
    "25 21 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw, /sys/fs/cgroup",
    "25 21 0:22 / /sys/fs/cgroup rw shared:4 master:1 - cgroup2 none rw, /sys/fs/cgroup",
    "'1 2 0:1 / /sys/fs/cgroup rw - tmpfs t rw\n2 1 0:2 / /sys/fs/cgroup/cpu rw - cgroup c rw\n"
        + "3 1 0:3 / /sys/fs/cgroup/unified rw - cgroup2 c rw', /sys/fs/cgroup/unified",
    "'1 2 0:1 /../.. /part rw - cgroup2 c rw\n1 2 0:1 / /whole rw - cgroup2 c rw', /whole",
    "'1 2 0:1 /a /first rw - cgroup2 c rw\n1 2 0:1 /b /second rw - cgroup2 c rw', /first",
    "'25 21 0:22 / /mnt/a\\040b\\134c\\011d\\012e rw - cgroup2 c rw', '/mnt/a b\\c\td\ne'",
    "25 21 0:22 / /mnt/x\\9\\04 rw - cgroup2 c rw, /mnt/x\\9\\04",
    "'1 2 0:1 / /cgroup2 rw - ext4 cgroup2 rw', ",
    "'1 2 0:1 / /x rw - cgroup cgroup2 rw', ",
    "'1 2 0:1 /', ",
    "'1 2 0:1 / /x rw -', ",
    "'', ",
  })
  void findsWhereCgroup2IsMounted(String mountinfo, String point) {
    assertThat(CgroupMount.find(mountinfo.lines().toList()))
        .isEqualTo(Optional.ofNullable(point).map(Path::of));
  }
}
