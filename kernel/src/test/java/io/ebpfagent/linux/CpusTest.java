// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CpusTest {
  @Test
  void readsListsAsTheKernelWritesThem() {
    assertThat(Cpus.parse("0")).containsExactly(0);
    assertThat(Cpus.parse("0-3")).containsExactly(0, 1, 2, 3);
    assertThat(Cpus.parse("0,2-4,65535")).containsExactly(0, 2, 3, 4, 65535);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "-",
        "0-",
        "-1",
        "3-1",
        "0,0",
        "2,1",
        "0-3,2-5",
        "0 1",
        "0,",
        "0x1",
        "+1",
        "65536",
        "0-4294967295",
        "garbage"
      })
  void takesNothingElseForAList(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Cpus.parse(text));
  }

  @Test
  void saysWhatCanNotBeRead(@TempDir Path dir) throws IOException {
    Path empty = Files.createFile(dir.resolve("possible"));
    assertThatIllegalStateException()
        .isThrownBy(() -> Cpus.read(empty))
        .withMessage(
            "the number of CPUs is unknown: %s can't be read: not a list of CPUs: \"\"", empty);
    assertThatIllegalStateException().isThrownBy(() -> Cpus.read(dir.resolve("none")));
  }

  @Test
  void knowsThisMachine() {
    assertThat(Cpus.possible()).isGreaterThanOrEqualTo(Cpus.online().size());
    assertThat(Cpus.online()).isNotEmpty().isSorted();
  }
}
