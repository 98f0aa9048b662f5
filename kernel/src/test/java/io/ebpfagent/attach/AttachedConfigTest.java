package io.ebpfagent.attach;

import static io.ebpfagent.NativeBytes.u64s;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.KernelTest;
import io.ebpfagent.OpenDescriptors;
import io.ebpfagent.TestObjects;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.MapCursor;
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

  private int rows() throws BpfException {
    int rows = 0;
    try (MapCursor cursor = attached.map("hash_u64").cursor()) {
      while (cursor.next()) {
        rows += cursor.rows();
      }
    }
    return rows;
  }

  private static void awaitWaiting(Thread thread) {
    while (thread.getState() != Thread.State.TIMED_WAITING) {
      assertThat(thread.isAlive()).as("ended without waiting").isTrue();
      Thread.onSpinWait();
    }
  }

  @Test
  void canBeReadUntilItIsClosed() throws BpfException {
    attached.map("hash_u64").update(u64s(1, 2), u64s(3));
    assertThat(attached.beginRead()).isTrue();
    assertThat(rows()).isEqualTo(1);
    attached.endRead();
    attached.close();
    assertThat(attached.beginRead()).isFalse();
    assertThat(OpenDescriptors.count()).isEqualTo(descriptorsBefore);
  }

  @Test
  void closingTwiceIsFine() {
    attached.close();
    attached.close();
    assertThat(attached.beginRead()).isFalse();
  }

  @Test
  void closingWaitsForReaders() throws Exception {
    BpfMap map = attached.map("hash_u64");
    map.update(u64s(1, 2), u64s(3));
    assertThat(attached.beginRead()).isTrue();
    Thread closing = Thread.ofPlatform().start(attached::close);
    awaitWaiting(closing);
    assertThat(rows()).as("while another closes").isEqualTo(1);
    assertThat(attached.beginRead()).as("another reader").isFalse();
    attached.endRead();
    closing.join();
    assertThatThrownBy(map::cursor)
        .isInstanceOf(BpfException.class)
        .hasMessage("read map hash_u64: EBADF (its object is closed)");
    assertThat(OpenDescriptors.count()).isEqualTo(descriptorsBefore);
  }

  @Test
  void readersDoNotWaitForEachOther() throws Exception {
    assertThat(attached.beginRead()).isTrue();
    boolean[] began = new boolean[1];
    Thread other =
        Thread.ofPlatform()
            .start(
                () -> {
                  began[0] = attached.beginRead();
                  attached.endRead();
                });
    other.join();
    assertThat(began[0]).isTrue();
    attached.endRead();
  }

  @Test
  void detachesAtOnceWhateverIsRead() throws Exception {
    try (AttachedConfig counting =
        TestObjects.attach(
            TestObjects.config(
                "globals",
                """
                metrics:
                  counters: [{name: kaddr_seen_total, help: A test's counter}]
                """))) {
      assertThat(counting.beginRead()).isTrue();
      assertThat(OpenDescriptors.targets()).contains("anon_inode:bpf_link");
      Thread closing = Thread.ofPlatform().start(counting::close);
      awaitWaiting(closing);
      assertThat(OpenDescriptors.targets())
          .doesNotContain("anon_inode:bpf_link")
          .contains("anon_inode:bpf-map");
      counting.endRead();
      closing.join();
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
