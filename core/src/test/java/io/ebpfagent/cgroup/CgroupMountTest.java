// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CgroupMountTest {
  @TempDir private Path folder;

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
  void findsWhereCgroup2IsMounted(String mountinfo, String point) throws Exception {
    assertThat(CgroupMount.find(write(mountinfo)))
        .isEqualTo(Optional.ofNullable(point).map(Path::of));
  }

  private Path write(String mountinfo) throws IOException {
    return Files.writeString(folder.resolve("mountinfo"), mountinfo);
  }

  private static final String BOTH =
      """
      31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw
      39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
      35 31 0:32 /part /part/of/memory rw - cgroup cgroup rw,memory
      36 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
      37 31 0:32 / /elsewhere/memory rw - cgroup cgroup rw,memory
      38 31 0:37 /docker/1 /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices
      41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
      """;

  @Test
  void findsAMountOfEachHierarchyOfCgroup1() throws Exception {
    assertThat(CgroupMount.findOlder(write(BOTH)).stream().map(Path::toString))
        .containsExactly("/sys/fs/cgroup/devices", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids");
    assertThat(CgroupMount.findOlder(write("25 21 0:22 / /x rw - cgroup2 none rw\n"))).isEmpty();
  }

  @Test
  void saysThatNoneIsMounted() throws Exception {
    assertThat(CgroupMount.problem(write(BOTH))).isEmpty();
    assertThat(CgroupMount.problem(write("1 2 0:3 / /x rw - cgroup none rw\n"))).isEmpty();
    assertThat(CgroupMount.problem(write("1 2 0:3 / /x rw - cgroup2 none rw\n"))).isEmpty();
    assertThat(CgroupMount.problem(write("1 2 0:3 / / rw - ext4 x rw\n")))
        .get()
        .asString()
        .startsWith("no cgroup file system is mounted");
    assertThat(CgroupMount.problem(folder.resolve("none")))
        .get()
        .asString()
        .contains("can't be read");
  }
}
