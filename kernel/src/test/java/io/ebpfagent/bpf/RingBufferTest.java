// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestObjects;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.linux.Poll;
import io.ebpfagent.log.Log;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A real ring buffer, filled by programs that the test runs. */
@KernelTest
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RingBufferTest {
  private static final int RINGBUF_BYTES = 16 * 1024;
  private static final int ALL = Integer.MAX_VALUE;

  private BpfObject object;
  private RingBuffer buffer;

  /** A record of the test programs. */
  private record Numbered(long number, int length) {}

  private final List<Numbered> got = new ArrayList<>();

  @BeforeEach
  void load() throws KernelException {
    try (OpenBpfObject open =
        OpenBpfObject.open("ringbuf.bpf.o", TestObjects.bytes("ringbuf"), null, Log.NONE)) {
      object = open.load();
    }
    buffer = object.map("records").orElseThrow().ringBuffer();
  }

  @AfterEach
  void close() {
    buffer.close();
    object.close();
  }

  private BpfProgram program(String name) {
    return object.programs().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** Emits records, numbered from {@code first} on; returns how many fitted. */
  private int emit(int count, int length, long first) throws BpfException {
    return program("emit").testRun(first << 32 | (long) length << 16 | count);
  }

  private void take(byte[] bytes, int length) {
    got.add(new Numbered(ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getLong(), length));
  }

  @Test
  void readsWhatWasEmittedInItsOrder() throws BpfException {
    emit(3, 8, 10);
    emit(1, 100, 13);

    assertThat(buffer.drain(ALL, this::take)).isEqualTo(4);
    assertThat(got)
        .containsExactly(
            new Numbered(10, 8), new Numbered(11, 8), new Numbered(12, 8), new Numbered(13, 100));
    assertThat(buffer.records()).isEqualTo(4);
    assertThat(buffer.drain(ALL, this::take)).isZero();
  }

  @Test
  void readsNoMoreThanAskedFor() throws BpfException {
    emit(5, 8, 0);

    assertThat(buffer.drain(2, this::take)).isEqualTo(2);
    assertThat(buffer.drain(2, this::take)).isEqualTo(2);
    assertThat(buffer.drain(2, this::take)).isEqualTo(1);
    assertThat(got).extracting(Numbered::number).containsExactly(0L, 1L, 2L, 3L, 4L);
  }

  @Test
  void wrapsAround() throws BpfException {
    // The size is no multiple of 13, so records cross the end of the buffer in every way.
    long next = 0;
    while (next < 10 * RINGBUF_BYTES / 13) {
      next += emit(7, 13 + (int) (next % 400), next);
      buffer.drain(ALL, this::take);
    }
    assertThat(got).hasSize((int) next);
    for (int i = 0; i < got.size(); i++) {
      assertThat(got.get(i).number()).isEqualTo(i);
    }
  }

  @Test
  void givesRoomBackAndRefusesOnlyWhatDoesNotFit() throws BpfException {
    int fits = emit(0xffff, 56, 0);
    assertThat(fits).isEqualTo(RINGBUF_BYTES / 64 - 1);
    assertThat(buffer.used()).isGreaterThan(0.99);

    buffer.drain(ALL, this::take);
    assertThat(buffer.used()).isZero();
    assertThat(emit(0xffff, 56, fits)).isEqualTo(fits);
    buffer.drain(ALL, this::take);
    assertThat(got).hasSize(2 * fits);
  }

  @Test
  void tellsHowMuchIsInUse() throws BpfException {
    emit(128, 56, 0);
    assertThat(buffer.used()).isEqualTo(0.5);
    buffer.drain(ALL, this::take);
    assertThat(buffer.used()).isZero();
  }

  @Test
  void passesOverDiscardedRecords() throws BpfException {
    emit(1, 8, 1);
    assertThat(program("discard").testRun(0)).isEqualTo(1);
    emit(1, 8, 2);

    assertThat(buffer.drain(ALL, this::take)).isEqualTo(2);
    assertThat(got).extracting(Numbered::number).containsExactly(1L, 2L);
    assertThat(buffer.used()).isZero();
  }

  @Test
  void waitsBehindARecordThatIsBeingWritten() throws Exception {
    CompletableFuture<Integer> holder =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return program("hold").testRun(7L << 32);
              } catch (BpfException e) {
                throw new IllegalStateException(e);
              }
            });
    while (buffer.used() == 0) {
      Thread.onSpinWait();
    }
    emit(1, 8, 8);
    assertThat(buffer.drain(ALL, this::take)).isZero();

    object.map("released").orElseThrow().update(new byte[4], new byte[] {1, 0, 0, 0, 0, 0, 0, 0});
    assertThat(holder.get(30, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(buffer.drain(ALL, this::take)).isEqualTo(2);
    assertThat(got).extracting(Numbered::number).containsExactly(7L, 8L);
  }

  @Test
  void outlivesItsObject() throws BpfException {
    emit(2, 8, 5);
    object.close();

    assertThat(buffer.drain(ALL, this::take)).isEqualTo(2);
  }

  @Test
  void onlyRingBuffersHavePages() {
    assertThatThrownBy(() -> object.map("scratch").orElseThrow().ringBuffer())
        .isInstanceOf(BpfException.class)
        .hasMessage("map the pages of ringbuf scratch: EINVAL (it is a percpu_array)");
  }

  @Test
  void aRecordEndsTheWait() throws Exception {
    try (Poll poll = RingBuffer.poll(List.of(buffer))) {
      assertThat(poll.await(0)).isFalse();
      CompletableFuture<Boolean> waiter = CompletableFuture.supplyAsync(() -> poll.await(-1));
      emit(1, 8, 0);
      assertThat(waiter.get(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void wakingEndsTheWaitOrTheNextOne() throws Exception {
    try (Poll poll = RingBuffer.poll(List.of(buffer))) {
      poll.wake();
      assertThat(poll.await(-1)).isTrue();
      CompletableFuture<Boolean> waiter = CompletableFuture.supplyAsync(() -> poll.await(-1));
      poll.wake();
      assertThat(waiter.get(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  /** Waits for each record without a timeout: a lost wake-up would hang here. */
  @Test
  void losesNoWakeUp() throws Exception {
    int rounds = 20_000;
    AtomicLong read = new AtomicLong();
    CountDownLatch done = new CountDownLatch(1);
    try (Poll poll = RingBuffer.poll(List.of(buffer))) {
      Thread reader =
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (read.get() < rounds) {
                      if (buffer.drain(ALL, (bytes, length) -> read.incrementAndGet()) == 0) {
                        poll.await(-1);
                      }
                    }
                    done.countDown();
                  });
      BpfProgram emit = program("emit");
      for (int i = 0; i < rounds; ) {
        i += emit.testRun((long) i << 32 | 8 << 16 | 1);
        // Lets the reader catch up now and then, so that it goes to sleep.
        while (i % 2 == 0 && read.get() < i) {
          Thread.onSpinWait();
        }
      }
      assertThat(done.await(50, TimeUnit.SECONDS)).isTrue();
      reader.join();
    }
    assertThat(read).hasValue(rounds);
  }

  @Test
  void closingTwiceIsFineAndTheCountersStay() throws BpfException {
    emit(1, 8, 0);
    buffer.drain(ALL, this::take);
    buffer.close();
    buffer.close();

    assertThat(buffer.records()).isEqualTo(1);
    assertThat(buffer.used()).isZero();
    assertThatThrownBy(() -> buffer.drain(ALL, this::take))
        .isInstanceOf(IllegalStateException.class);
  }
}
