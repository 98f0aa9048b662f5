// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PinnedFolderTest {
  private static final RowShape SHAPE = new RowShape("hits", 4, false, 1, 10, true);

  @TempDir Path dir;

  private PinnedTree tree;
  private PinnedFolder folder;

  @BeforeEach
  void open() {
    tree = new PinnedTree(dir);
    folder = new PinnedFolder(dir);
  }

  @ParameterizedTest
  @CsvSource({
    "timers,timers",
    "softirq-latency,softirq-latency",
    "a.b,a%2Eb",
    "a%b,a%25b",
    "../x,%2E%2E%2Fx",
    "ä,%C3%A4",
    "heartbeat,%68%65%61%72%74%62%65%61%74",
    "configs,%63%6F%6E%66%69%67%73"
  })
  void namesOfConfigsAreNamesOfFolders(String config, String name) {
    assertThat(PinnedFolder.folder(config)).isEqualTo(name);
    assertThat(PinnedFolder.config(name)).isEqualTo(config);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "%", "%2", "%new", "%2e", "a/b", "heartbeat", "%61", "%+1"})
  void otherNamesAreNoConfigs(String name) {
    assertThatIllegalArgumentException().isThrownBy(() -> PinnedFolder.config(name));
  }

  @Test
  void hearsOfTheDaemon() throws IOException {
    tree.heard(3_000_000_000L);
    assertThat(folder.silenceNanos()).isEqualTo(3_000_000_000L);
    // The daemon's heartbeat may come between the readings of the two times.
    tree.heard(-1);
    assertThat(folder.silenceNanos()).isZero();
  }

  @Test
  void saysWhyThereIsNoHeartbeat() throws IOException {
    Path file = dir.resolve(PinnedFolder.HEARTBEAT);
    Files.write(file, new byte[8]);
    assertThatThrownBy(folder::silenceNanos).hasMessage(file + ": no heartbeat, 8 bytes");
    Files.delete(file);
    assertThatThrownBy(folder::silenceNanos).hasMessage(file + ": it is not there");
  }

  private static PinnedRows of(Map<String, PinnedRows> configs, String name) {
    return Optional.ofNullable(configs.get(name)).orElseThrow();
  }

  @Test
  void noticesWhatComesAndGoes() throws IOException {
    tree.config("b", "x: 1", SHAPE);
    tree.config("a", "x: 2", SHAPE);
    assertThat(folder.refresh()).isTrue();
    Map<String, PinnedRows> first = folder.configs();
    assertThat(first).containsOnlyKeys("b", "a");
    assertThat(first.keySet()).as("the daemon's order").containsExactly("b", "a");
    assertThat(of(first, "a").yaml()).isEqualTo("x: 2");
    assertThat(folder.refresh()).isFalse();

    tree.config("a", "x: 3", SHAPE);
    assertThat(folder.refresh()).isTrue();
    assertThat(of(folder.configs(), "a").yaml()).isEqualTo("x: 3");
    assertThat(folder.configs().get("b")).as("has not changed").isSameAs(first.get("b"));

    tree.remove("b");
    assertThat(folder.refresh()).isTrue();
    assertThat(folder.configs()).containsOnlyKeys("a");
  }

  @Test
  void oneThatIsBrokenLeavesTheOthers() throws IOException {
    tree.config("good", "x: 1", SHAPE);
    tree.config("bad", "x: 1", SHAPE);
    Path shapes = dir.resolve("bad").resolve(PinnedFolder.SHAPES);
    Files.delete(shapes);
    folder.refresh();
    assertThat(folder.configs()).containsOnlyKeys("good");
    assertThat(folder.problems()).containsExactly(shapes + ": it is not there");

    Files.writeString(shapes, SHAPE.line());
    assertThat(folder.refresh()).as("what was broken is tried again").isTrue();
    assertThat(folder.configs()).containsOnlyKeys("good", "bad");
  }

  @Test
  void rowsOfAFolderThatWasReplacedAreNotReadInTheOldShape() throws Exception {
    tree.config("a", "x: 1", SHAPE);
    tree.rows("a", "hits", new byte[12]);
    folder.refresh();
    RowSource rows = of(folder.configs(), "a").rows("hits");
    try (RowCursor cursor = rows.open()) {
      assertThat(cursor.next()).isTrue();
    }
    tree.config("a", "x: 1", new RowShape("hits", 8, false, 1, 10, true));
    Path file = tree.rows("a", "hits", new byte[48]);
    assertThatThrownBy(rows::open)
        .isInstanceOf(RowReadException.class)
        .hasMessage("read " + file + ": it was pinned anew");
    tree.remove("a");
    assertThatThrownBy(rows::open).hasMessage("read " + file + ": it is not there");
  }
}
