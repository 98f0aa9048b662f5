// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class AnswerCacheTest {
  private long nanoTime;
  private final AnswerCache cache = new AnswerCache(new Freshness(false, () -> nanoTime));
  private final Bytes out = new Bytes(16);

  private void put(long key, int outputLength) {
    out.clear();
    out.append(new byte[outputLength]);
    cache.put(Decoding.u64(key), 0, Long.BYTES, Outcome.VALUE, out, 0);
  }

  private boolean has(long key) {
    return cache.find(Decoding.u64(key), 0, Long.BYTES) != null;
  }

  @Test
  void holdsSoManyEntriesAtMost() {
    for (long key = 0; key < AnswerCache.MOST_ENTRIES + 1000; key++) {
      put(key, 1);
    }
    assertThat(cache.size()).isEqualTo(AnswerCache.MOST_ENTRIES);
    assertThat(has(0)).isTrue();
    assertThat(has(AnswerCache.MOST_ENTRIES)).isFalse();
  }

  @Test
  void holdsSoManyBytesAtMost() {
    for (long key = 0; key < 100; key++) {
      put(key, 1 << 20);
    }
    assertThat(cache.size()).isBetween(16, 32);
  }

  @Test
  void makesRoomAgainByForgetting() {
    for (long key = 0; key < AnswerCache.MOST_ENTRIES; key++) {
      put(key, 1);
    }
    for (int scrape = 0; scrape < 3; scrape++) {
      assertThat(has(5)).isTrue();
      cache.age();
    }
    assertThat(cache.size()).isEqualTo(1);
    for (long key = 100_000; key < 100_000 + 1000; key++) {
      put(key, 1);
      assertThat(has(key)).isTrue();
    }
    assertThat(has(5)).isTrue();
    assertThat(has(6)).isFalse();
    assertThat(cache.size()).isEqualTo(1001);
  }

  @Test
  void agesByItselfWhenFullAndNoScrapeEnds() {
    for (long key = 0; key < AnswerCache.MOST_ENTRIES; key++) {
      put(key, 1);
    }
    for (int i = 0; i < 3; i++) {
      assertThat(has(5)).isTrue();
      nanoTime += TimeUnit.SECONDS.toNanos(10);
      put(-1 - i, 1);
    }
    assertThat(cache.size()).isEqualTo(2);
    assertThat(has(5)).isTrue();
    assertThat(has(-3)).isTrue();
  }

  @Test
  void replacesAnAnswer() {
    put(1, 10);
    put(1, 20);
    assertThat(cache.size()).isEqualTo(1);
    out.clear();
    Objects.requireNonNull(cache.find(Decoding.u64(1), 0, Long.BYTES)).appendTo(out);
    assertThat(out.length()).isEqualTo(20);
  }
}
