// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import static io.ebpfagent.NativeBytes.u64s;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.KernelTest;
import io.ebpfagent.OpenDescriptors;
import io.ebpfagent.TestObjects;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.rows.RowCursor;
import io.ebpfagent.rows.RowReadException;
import io.ebpfagent.rows.RowShape;
import io.ebpfagent.rows.RowSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@KernelTest
final class AttachedConfigTest {
  private static final String HASH =
      """
      metrics:
        counters:
          - name: hash_u64
            help: A test's counter
            labels:
              - {name: a, size: 8, decoders: [{name: uint}]}
              - {name: b, size: 8, decoders: [{name: uint}]}
      """;

  private int descriptorsBefore;
  private AttachedConfig attached;

  @BeforeEach
  void attach() throws Exception {
    descriptorsBefore = OpenDescriptors.count();
    attached = TestObjects.attach(TestObjects.config("maps-only", HASH));
  }

  @AfterEach
  void close() {
    attached.close();
  }

  private static int rows(RowCursor cursor) throws RowReadException {
    int rows = 0;
    while (cursor.next()) {
      rows += cursor.rows();
    }
    return rows;
  }

  private int rows() throws RowReadException {
    try (RowCursor cursor = attached.rows("hash_u64").open()) {
      return rows(cursor);
    }
  }

  @Test
  void canBeReadUntilItIsClosed() throws Exception {
    attached.map("hash_u64").update(u64s(1, 2), u64s(3));
    assertThat(rows()).isEqualTo(1);
    assertThat(attached.rows("hash_u64").shape())
        .isEqualTo(new RowShape("hash_u64", 16, false, 1, 1024, true));
    RowSource source = attached.rows("hash_u64");
    attached.close();
    assertThat(source.open()).isSameAs(RowCursor.EMPTY);
    assertThat(rows(source.open())).isZero();
    assertThat(OpenDescriptors.count()).isEqualTo(descriptorsBefore);
  }

  @Test
  void closingTwiceIsFine() {
    attached.close();
    attached.close();
    assertThat(OpenDescriptors.count()).isEqualTo(descriptorsBefore);
  }

  @Test
  void closingWaitsForNobodyAndTheLastReaderCloses() throws Exception {
    BpfMap map = attached.map("hash_u64");
    map.update(u64s(1, 2), u64s(3));
    RowCursor first = attached.rows("hash_u64").open();
    RowCursor second = attached.rows("hash_u64").open();
    attached.close();
    assertThat(rows(first)).as("after the close of another").isEqualTo(1);
    first.close();
    first.close();
    assertThat(rows(second)).isEqualTo(1);
    second.close();
    assertThatThrownBy(map::cursor)
        .isInstanceOf(BpfException.class)
        .hasMessage("read map hash_u64: EBADF (its object is closed)");
    assertThat(OpenDescriptors.count()).isEqualTo(descriptorsBefore);
  }

  @Test
  void detachesAtOnceWhateverIsRead() throws Exception {
    AttachedConfig counting =
        TestObjects.attach(
            TestObjects.config(
                "globals",
                """
                metrics:
                  counters: [{name: kaddr_seen_total, help: A test's counter}]
                """));
    try (RowCursor cursor = counting.rows("kaddr_seen_total").open()) {
      assertThat(OpenDescriptors.targets()).contains("anon_inode:bpf_link");
      counting.close();
      assertThat(cursor.next()).isTrue();
      assertThat(OpenDescriptors.targets())
          .doesNotContain("anon_inode:bpf_link")
          .contains("anon_inode:bpf-map");
    } finally {
      counting.close();
    }
  }

  @Test
  void closesOnAThreadThatWasInterrupted() throws Exception {
    boolean[] stillInterrupted = new boolean[1];
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  Thread.currentThread().interrupt();
                  attached.close();
                  stillInterrupted[0] = Thread.interrupted();
                });
    thread.join();
    assertThat(OpenDescriptors.count()).isEqualTo(descriptorsBefore);
    assertThat(stillInterrupted[0]).isTrue();
  }
}
