// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.context;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.KernelException;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class ThreadSlotsTest {
  private final List<Integer> owners = new ArrayList<>();
  private final ThreadSlots slots = ThreadSlots.of(4, (index, owner) -> owners.add(owner));

  private static Thread ended() throws InterruptedException {
    Thread thread = Thread.ofPlatform().start(() -> {});
    thread.join();
    return thread;
  }

  private int owner(long at) {
    return slots.memory().get(ValueLayout.JAVA_INT, at + ThreadSlots.OWNER);
  }

  @Test
  void aThreadKeepsItsRecord() {
    long first = slots.applyAsLong(Thread.currentThread());
    assertThat(first).isEqualTo(ThreadSlots.BYTES);
    assertThat(slots.applyAsLong(Thread.currentThread())).isEqualTo(first);
    assertThat(owners).containsExactly(owner(first));
  }

  @Test
  void recordsOfEndedThreadsAreGivenAwayWithAnotherOwner() throws InterruptedException {
    Set<Long> places = new HashSet<>();
    long mine = slots.applyAsLong(Thread.currentThread());
    for (int i = 0; i < 100; i++) {
      long place = slots.applyAsLong(ended());
      assertThat(place).isNotEqualTo(ThreadSlots.NONE).isNotEqualTo(mine);
      slots.memory().set(ValueLayout.JAVA_BYTE, place, (byte) 1);
      places.add(place);
    }
    assertThat(places).hasSizeLessThanOrEqualTo(3);
    assertThat(owners).hasSize(101).doesNotHaveDuplicates();
    assertThat(slots.refused()).isZero();
    long next = slots.applyAsLong(ended());
    assertThat(slots.memory().get(ValueLayout.JAVA_BYTE, next)).isZero();
    assertThat(owner(mine)).isEqualTo(owners.getFirst());
  }

  /** Runs until it may end, and says that it has. */
  private static final class Lying extends Thread {
    Lying(CountDownLatch mayEnd) {
      super(
          () -> {
            try {
              mayEnd.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
    }

    @Override
    public State getState() {
      return State.TERMINATED;
    }
  }

  @Test
  void threadsBeyondTheRecordsGetNone() throws InterruptedException {
    CountDownLatch mayEnd = new CountDownLatch(1);
    List<Thread> alive = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      Thread thread = new Lying(mayEnd);
      thread.start();
      alive.add(thread);
    }
    alive.forEach(thread -> assertThat(slots.applyAsLong(thread)).isPositive());
    assertThat(slots.applyAsLong(Thread.currentThread())).isEqualTo(ThreadSlots.NONE);
    assertThat(slots.refused()).isEqualTo(1);
    mayEnd.countDown();
    for (Thread thread : alive) {
      thread.join();
    }
    assertThat(slots.applyAsLong(Thread.currentThread())).isPositive();
  }

  @Test
  void aThreadThatCannotBeRegisteredGetsNone() {
    ThreadSlots refusing =
        ThreadSlots.of(
            4,
            (index, owner) -> {
              throw new KernelException("register a thread", Errno.ENOSPC, "");
            });
    assertThat(refusing.applyAsLong(Thread.currentThread())).isEqualTo(ThreadSlots.NONE);
    assertThat(refusing.used()).isZero();
    assertThat(refusing.refused()).isEqualTo(1);
  }
}
