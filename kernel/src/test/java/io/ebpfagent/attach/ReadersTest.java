// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class ReadersTest {
  private final AtomicInteger closed = new AtomicInteger();
  private final Readers readers = new Readers(closed::incrementAndGet);

  @Test
  void closesAtOnceWhereNobodyReads() {
    readers.close();
    assertThat(closed).hasValue(1);
    assertThat(readers.begin()).isFalse();
  }

  @Test
  void closesWhenTheLastReaderEnds() {
    assertThat(readers.begin()).isTrue();
    assertThat(readers.begin()).isTrue();
    readers.close();
    assertThat(readers.begin()).as("after closing").isFalse();
    assertThat(readers.count()).isEqualTo(2);
    readers.end();
    assertThat(closed).hasValue(0);
    readers.end();
    assertThat(closed).hasValue(1);
  }

  @Test
  void closesOnce() {
    assertThat(readers.begin()).isTrue();
    readers.close();
    readers.close();
    readers.end();
    readers.close();
    assertThat(closed).hasValue(1);
  }

  /** A reader that begins while another thread closes either reads an open object or nothing. */
  @Test
  @Timeout(60)
  void nobodyReadsWhatIsClosed() throws Exception {
    for (int round = 0; round < 500; round++) {
      AtomicBoolean open = new AtomicBoolean(true);
      AtomicBoolean wrong = new AtomicBoolean();
      Readers shared = new Readers(() -> open.set(false));
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        threads.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      while (shared.begin()) {
                        if (!open.get()) {
                          wrong.set(true);
                        }
                        shared.end();
                      }
                    }));
      }
      shared.close();
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(wrong).isFalse();
      assertThat(open).isFalse();
    }
  }
}
