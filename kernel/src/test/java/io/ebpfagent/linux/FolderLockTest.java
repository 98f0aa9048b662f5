// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FolderLockTest {
  @Test
  void oneHasItAtATime(@TempDir Path dir) throws IOException {
    Optional<FolderLock> first = FolderLock.tryLock(dir);
    assertThat(first).isPresent();
    assertThat(FolderLock.tryLock(dir)).isEmpty();
    first.get().close();
    first.get().close();
    Optional<FolderLock> second = FolderLock.tryLock(dir);
    assertThat(second).isPresent();
    second.get().close();
  }

  @Test
  void saysThatThereIsNoSuchFolder(@TempDir Path dir) {
    Path none = dir.resolve("none");
    assertThatIOException()
        .isThrownBy(() -> FolderLock.tryLock(none))
        .withMessage("open " + none + ": ENOENT");
  }

  /**
   * A process that waited for the lock may get that of a removed folder, while another folder has
   * its path.
   */
  @Test
  void aFolderThatWasReplacedIsAnother(@TempDir Path dir) throws IOException {
    Path folder = Files.createDirectory(dir.resolve("folder"));
    int fd = Descriptors.openDirectory(folder.toString());
    try {
      assertThat(FolderLock.isStill(folder, fd)).isTrue();
      Files.delete(folder);
      assertThat(FolderLock.isStill(folder, fd)).isFalse();
      Files.createDirectory(folder);
      assertThat(FolderLock.isStill(folder, fd)).isFalse();
    } finally {
      Descriptors.close(fd);
    }
  }
}
