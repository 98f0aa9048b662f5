// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class AnswerCacheTest {
  private long nanoTime;
  private final CacheBudget budget = new CacheBudget(CacheBudget.DEFAULT_BYTES);
  private final AnswerCache cache = cache(AnswerCache.MOST_ENTRIES);
  private final Bytes out = new Bytes(16);

  private AnswerCache cache(int most) {
    return new AnswerCache(new Freshness(false, () -> nanoTime), most, budget);
  }

  private void put(long key, int outputLength) {
    put(cache, key, outputLength);
  }

  private void put(AnswerCache cache, long key, int outputLength) {
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
    assertThat(cache.size()).isEqualTo(31);
    assertThat(budget.left()).isBetween(0L, 1L << 20);
  }

  @Test
  void holdsAsManyEntriesAsItIsTold() {
    AnswerCache small = cache(3);
    for (long key = 0; key < 10; key++) {
      put(small, key, 1);
    }
    assertThat(small.size()).isEqualTo(3);
  }

  @Test
  void sharesItsBytesWithOthersAndGivesThemBack() {
    AnswerCache other = cache(AnswerCache.MOST_ENTRIES);
    for (long key = 0; key < 20; key++) {
      put(key, 1 << 20);
      put(other, key, 1 << 20);
    }
    assertThat(cache.size() + other.size()).isEqualTo(31);
    other.close();
    assertThat(other.size()).isZero();
    for (long key = 0; key < 40; key++) {
      put(key, 1 << 20);
      put(other, key, 1 << 20);
    }
    assertThat(cache.size()).isEqualTo(31);
    assertThat(other.size()).as("closed").isZero();
    cache.close();
    assertThat(budget.left()).isEqualTo(CacheBudget.DEFAULT_BYTES);
  }

  @Test
  void givesBackTheBytesOfWhatItForgetsAndReplaces() {
    for (long key = 0; key < 100; key++) {
      put(key, 100);
    }
    put(0, 10);
    put(1, 1000);
    for (int scrape = 0; scrape < 3; scrape++) {
      assertThat(has(0)).isTrue();
      cache.age();
    }
    AnswerCache same = new AnswerCache(new Freshness(false, () -> 0), 1, new CacheBudget(200));
    put(same, 0, 10);
    assertThat(same.size()).isEqualTo(1);
    cache.close();
    assertThat(budget.left()).isEqualTo(CacheBudget.DEFAULT_BYTES);
  }

  @Test
  void isReadWhileItIsWritten() throws Exception {
    int keys = 20_000;
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<Integer> found =
          threads.submit(
              () -> {
                int all = 0;
                for (int round = 0; all < keys; round++) {
                  all = 0;
                  Bytes text = new Bytes(16);
                  for (long key = 0; key < keys; key++) {
                    AnswerCache.Answer answer = cache.find(Decoding.u64(key), 0, Long.BYTES);
                    if (answer != null) {
                      text.clear();
                      answer.appendTo(text);
                      assertThat(text).hasToString("answer " + key);
                      all++;
                    }
                  }
                }
                return all;
              });
      for (long key = 0; key < keys; key++) {
        out.clear();
        out.append("answer " + key);
        cache.put(Decoding.u64(key), 0, Long.BYTES, Outcome.VALUE, out, 0);
        if (key % 5000 == 0) {
          cache.age();
        }
      }
      for (long key = 0; key < keys; key++) {
        out.clear();
        out.append("answer " + key);
        cache.put(Decoding.u64(key), 0, Long.BYTES, Outcome.VALUE, out, 0);
      }
      assertThat(found.get()).isEqualTo(keys);
    }
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
