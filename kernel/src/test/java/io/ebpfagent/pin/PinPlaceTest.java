// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.pin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.ebpfagent.KernelTest;
import io.ebpfagent.linux.FolderLock;
import io.ebpfagent.log.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folder for pins, on hosts that deny iterators, too. */
@KernelTest
final class PinPlaceTest {
  @TempDir Path mount;

  private BpfMount bpf;

  @BeforeEach
  void mount() throws IOException {
    bpf = new BpfMount(mount);
  }

  @AfterEach
  void unmount() throws IOException {
    bpf.close();
  }

  @Test
  void aNameWithADotIsWhatIsWrong() {
    for (String name : List.of("a.b", "a.b/c")) {
      Path dir = mount.resolve(name);
      assertThatIOException()
          .isThrownBy(() -> PinPlace.take(dir))
          .withMessage(dir + ": a BPF file system takes no names with a dot, such as a.b");
    }
  }

  @Test
  void knowsWhetherItMadeTheFolder() throws IOException {
    Path dir = mount.resolve("exporter");
    for (boolean made : List.of(true, false)) {
      PinPlace.Taken taken = PinPlace.take(dir);
      try (FolderLock _ = taken.lock()) {
        assertThat(taken.made()).isEqualTo(made);
      }
    }
  }

  /**
   * A folder with what no exporter left is refused; where iterators are denied, every folder is.
   */
  @Test
  void aFolderOfTheUsersStaysWhenPinningFails() throws IOException {
    Path empty = Files.createDirectory(mount.resolve("empty"));
    try {
      PinFolder.pin(empty, null, List.of(), Log.NONE).close();
    } catch (IOException e) {
      assertThat(empty).isEmptyDirectory();
    }
    Path used = Files.createDirectory(mount.resolve("used"));
    Path users = Files.createDirectories(used.resolve("a").resolve("b"));
    assertThatIOException()
        .isThrownBy(() -> PinFolder.pin(used, null, List.of(), Log.NONE))
        .withMessageContaining("is nothing an exporter left");
    assertThat(users).isDirectory();
  }
}
