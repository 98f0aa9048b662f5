// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Tests the cache of a chain's answers from outside. */
final class LabelChainTest {
  private long nanoTime = Long.MAX_VALUE - 1;

  /** Prints u64 keys after a letter, and counts its calls. */
  private static final class Costly implements Decoder {
    private final AtomicInteger asked = new AtomicInteger();
    private final boolean mayChange;
    private Outcome outcome = Outcome.VALUE;
    private char letter = 'a';

    private Costly(boolean mayChange) {
      this.mayChange = mayChange;
    }

    @Override
    public Outcome decode(byte[] in, int offset, int length, Bytes out) throws DecodeException {
      asked.incrementAndGet();
      long key = NativeInts.u64(in, offset);
      if (key == 13) {
        throw new DecodeException("thirteen");
      }
      out.append(letter);
      out.appendUnsigned(key);
      return outcome;
    }

    @Override
    public boolean costly() {
      return true;
    }

    @Override
    public boolean mayChange() {
      return mayChange;
    }
  }

  private LabelChain chain(Costly decoder) {
    return new LabelChain(
        Decoding.label("l", 8, "cgroup"),
        List.of((Decoder) decoder),
        Decoding.caches(() -> nanoTime));
  }

  private static String decode(LabelChain chain, long key) throws DecodeException {
    LabelRow row = new LabelRow(1);
    Outcome outcome = chain.decode(Decoding.u64(7, key), 8, row);
    return outcome.skipsRow() ? "skipped" : row.bytes().toString();
  }

  @Test
  void keepsAnswersOfCostlyDecoders() throws Exception {
    Costly decoder = new Costly(false);
    LabelChain chain = chain(decoder);
    for (int round = 0; round < 3; round++) {
      for (int key = 100; key < 1100; key++) {
        assertThat(decode(chain, key)).isEqualTo("a" + key);
      }
    }
    assertThat(decoder.asked).hasValue(1000);
    nanoTime += TimeUnit.DAYS.toNanos(1);
    assertThat(decode(chain, 100)).isEqualTo("a100");
    assertThat(decoder.asked).hasValue(1000);
  }

  @Test
  void forgetsWhatNoScrapeAskedForSinceTheLastButOne() throws Exception {
    Costly decoder = new Costly(false);
    LabelChain chain = chain(decoder);
    assertThat(decode(chain, 1)).isEqualTo("a1");
    assertThat(decode(chain, 2)).isEqualTo("a2");
    for (int scrape = 0; scrape < 10; scrape++) {
      chain.scrapeEnded();
      assertThat(decode(chain, 2)).isEqualTo("a2");
    }
    assertThat(decoder.asked).hasValue(2);
    assertThat(decode(chain, 1)).isEqualTo("a1");
    assertThat(decoder.asked).hasValue(3);
  }

  @Test
  void keepsWhatEitherOfTwoScrapesAtOnceAskedFor() throws Exception {
    Costly decoder = new Costly(false);
    LabelChain chain = chain(decoder);
    for (int round = 0; round < 5; round++) {
      assertThat(decode(chain, 1)).isEqualTo("a1");
      chain.scrapeEnded();
      chain.scrapeEnded();
    }
    assertThat(decoder.asked).hasValue(1);
    chain.scrapeEnded();
    assertThat(decode(chain, 1)).isEqualTo("a1");
    assertThat(decoder.asked).hasValue(2);
  }

  @Test
  void asksAgainAfterHalfAMinuteWhereAnswersMayChange() throws Exception {
    Costly decoder = new Costly(true);
    LabelChain chain = chain(decoder);
    assertThat(decode(chain, 1)).isEqualTo("a1");
    decoder.letter = 'b';
    nanoTime += TimeUnit.SECONDS.toNanos(30) - 1;
    assertThat(decode(chain, 1)).isEqualTo("a1");
    nanoTime++;
    assertThat(decode(chain, 1)).isEqualTo("b1");
    assertThat(decode(chain, 1)).isEqualTo("b1");
    assertThat(decoder.asked).hasValue(2);
  }

  @Test
  void asksAgainAfterASecondWhereTheAnswerIsAStandIn() throws Exception {
    Costly decoder = new Costly(false);
    decoder.outcome = Outcome.STAND_IN;
    LabelChain chain = chain(decoder);
    assertThat(decode(chain, 1)).isEqualTo("a1");
    decoder.outcome = Outcome.VALUE;
    decoder.letter = 'b';
    assertThat(decode(chain, 1)).isEqualTo("a1");
    nanoTime += TimeUnit.SECONDS.toNanos(1);
    assertThat(decode(chain, 1)).isEqualTo("b1");
    nanoTime += TimeUnit.SECONDS.toNanos(100);
    assertThat(decode(chain, 1)).isEqualTo("b1");
    assertThat(decoder.asked).hasValue(2);
  }

  @Test
  void keepsThatARowIsSkippedButNotForLongWhereAStandInLedToIt() throws Exception {
    Costly decoder = new Costly(false);
    decoder.outcome = Outcome.STAND_IN;
    Decoder skipping = (in, offset, length, out) -> Outcome.SKIP_ROW;
    LabelChain chain =
        new LabelChain(
            Decoding.label("l", 8, "cgroup", "regexp"),
            List.of(decoder, skipping),
            Decoding.caches(() -> nanoTime));
    assertThat(decode(chain, 1)).isEqualTo("skipped");
    assertThat(decode(chain, 1)).isEqualTo("skipped");
    assertThat(decoder.asked).hasValue(1);
    decoder.outcome = Outcome.VALUE;
    nanoTime += TimeUnit.SECONDS.toNanos(1);
    assertThat(decode(chain, 1)).isEqualTo("skipped");
    nanoTime += TimeUnit.SECONDS.toNanos(100);
    assertThat(decode(chain, 1)).isEqualTo("skipped");
    assertThat(decoder.asked).hasValue(2);
  }

  @Test
  void doesNotKeepFailures() {
    Costly decoder = new Costly(false);
    LabelChain chain = chain(decoder);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> decode(chain, 13)).hasMessage("label \"l\": cgroup: thirteen");
    }
    assertThat(decoder.asked).hasValue(2);
  }

  @Test
  void answersManyThreadsAtOnceWhileScrapesEnd() throws Exception {
    LabelChain chain = chain(new Costly(false));
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> done = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        int first = thread * 500;
        Callable<?> scrapes =
            () -> {
              LabelRow row = new LabelRow(1);
              for (int round = 0; round < 100; round++) {
                for (int key = first; key < first + 2000; key++) {
                  if (key != 13) {
                    row.clear();
                    chain.decode(Decoding.u64(key), 0, row);
                    assertThat(row.bytes().toString()).isEqualTo("a" + key);
                  }
                }
                chain.scrapeEnded();
              }
              return null;
            };
        done.add(threads.submit(scrapes));
      }
      for (Future<?> thread : done) {
        thread.get();
      }
    }
  }

  @Test
  void makesAFailedRowOfWhateverADecoderThrows() {
    Decoder broken =
        (in, offset, length, out) -> {
          throw new IllegalStateException("a path that is none");
        };
    LabelChain chain =
        new LabelChain(
            Decoding.label("l", 8, "cgroup"), List.of(broken), Decoding.caches(() -> nanoTime));
    assertThatThrownBy(() -> decode(chain, 1))
        .isInstanceOf(DecodeException.class)
        .hasMessage("label \"l\": cgroup: java.lang.IllegalStateException: a path that is none");
  }
}
