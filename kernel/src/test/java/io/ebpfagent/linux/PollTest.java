// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.OpenDescriptors;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class PollTest {
  private static long eventDescriptors() {
    return OpenDescriptors.targets().stream().filter(target -> target.contains("eventfd")).count();
  }

  @Test
  void waitsNoLongerThanItShould() throws Exception {
    try (Poll poll = new Poll()) {
      assertThat(poll.await(0)).isFalse();
      poll.wake();
      assertThat(poll.await(-1)).isTrue();
      assertThat(poll.await(0)).isFalse();
    }
  }

  @Test
  void closingEndsTheWaitAndWhatItLooksAtGoesAfterIt() throws Exception {
    long before = eventDescriptors();
    for (int i = 0; i < 200; i++) {
      Poll poll = new Poll();
      CountDownLatch begun = new CountDownLatch(1);
      Thread waiting =
          Thread.ofPlatform()
              .start(
                  () -> {
                    begun.countDown();
                    poll.await(-1);
                  });
      begun.await();
      poll.close();
      waiting.join();
      poll.close();
      poll.wake();
      assertThat(poll.await(-1)).isTrue();
    }
    assertThat(eventDescriptors()).isEqualTo(before);
  }
}
