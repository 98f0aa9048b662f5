// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Cache of decoded values whose decoding is costly: the outputs of a label's chain, or the keys of
 * rows that a decoder skips. Bounded in entries, and in bytes by the engine's budget; entries that
 * are no longer used are dropped. Look-ups take no lock and allocate nothing.
 */
final class AnswerCache {
  /** Default limit of the number of entries. */
  static final int MOST_ENTRIES = 65_536;

  private static final int ENTRY_OVERHEAD = 96;

  /**
   * How often a full cache drops unused entries by itself, where no scrapes do so, as with spans.
   * In nanoseconds.
   */
  private static final long AGING = TimeUnit.SECONDS.toNanos(10);

  private final Freshness freshness;
  private final CacheBudget budget;
  private final int most;

  private volatile Entries entries = new Entries(new ByteKeys(), new Answer[16]);

  /** How many times {@link #age} was called. */
  private volatile int epoch;

  private long bytes;
  private long agedAt;
  private boolean closed;

  /**
   * The inputs, and the answers by the numbers of their inputs. Answers are read without a lock:
   * their fields are final, so a reader sees an answer whole or not at all. A look-up that misses
   * one decodes again.
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Entries(ByteKeys inputs, @Nullable Answer[] answers) {}

  /** A cached answer. */
  static final class Answer {
    private final byte[] output;
    private final Outcome outcome;
    private final long until;

    /**
     * The epoch in which the answer was last used. Threads may race, since all write the same
     * value.
     */
    private int seen;

    private Answer(byte[] output, Outcome outcome, long until, int seen) {
      this.output = output;
      this.outcome = outcome;
      this.until = until;
      this.seen = seen;
    }

    Outcome appendTo(Bytes out) {
      out.append(output);
      return outcome;
    }
  }

  /**
   * @param most the limit of the number of entries
   * @param budget shared with other caches; {@link #close} returns what this one took
   */
  AnswerCache(Freshness freshness, int most, CacheBudget budget) {
    this.freshness = freshness;
    this.most = most;
    this.budget = budget;
    agedAt = freshness.nanoTime().getAsLong();
  }

  /**
   * Returns the answer to {@code in[offset, offset + length)}; null when there is none that is
   * still valid.
   */
  @Nullable Answer find(byte[] in, int offset, int length) {
    Entries entries = this.entries;
    int number = entries.inputs.find(in, offset, length);
    if (number < 0 || number >= entries.answers.length) {
      return null;
    }
    Answer answer = entries.answers[number];
    if (answer == null || freshness.isOver(answer.until)) {
      return null;
    }
    int now = epoch;
    if (answer.seen != now) {
      answer.seen = now;
    }
    return answer;
  }

  /** Stores the bytes of {@code out} from {@code start} on as the answer, if there is room. */
  synchronized void put(byte[] in, int offset, int length, Outcome outcome, Bytes out, int start) {
    int outputLength = out.length() - start;
    if (!takeRoom(in, offset, length, outputLength)) {
      long now = freshness.nanoTime().getAsLong();
      if (now - agedAt < AGING) {
        return;
      }
      age();
      if (!takeRoom(in, offset, length, outputLength)) {
        return;
      }
    }
    int number = entries.inputs.add(in, offset, length, most);
    if (number == entries.answers.length) {
      entries = new Entries(entries.inputs, Arrays.copyOf(entries.answers, number * 2));
    }
    entries.answers[number] =
        new Answer(
            Arrays.copyOfRange(out.array(), start, out.length()),
            outcome,
            freshness.until(outcome),
            epoch);
  }

  /**
   * Takes from the budget what the answer needs beyond the present answer to the same input;
   * returns false when there is no room.
   */
  private boolean takeRoom(byte[] in, int offset, int length, int outputLength) {
    int number = entries.inputs.find(in, offset, length);
    Answer before = number < 0 ? null : entries.answers[number];
    int weight = outputLength + (before == null ? length + ENTRY_OVERHEAD : -before.output.length);
    if (closed || (before == null && entries.inputs.size() >= most) || !budget.take(weight)) {
      return false;
    }
    bytes += weight;
    return true;
  }

  /**
   * Ends an epoch: drops answers that were used neither in it nor in the one before. It takes two
   * epochs because of concurrent scrapes: with one, the end of the second scrape would drop
   * everything that was not used since the end of the first.
   */
  synchronized void age() {
    int oldest = epoch - 1;
    if (Arrays.stream(entries.answers).anyMatch(each -> each != null && each.seen < oldest)) {
      keep(oldest);
    }
    epoch++;
    agedAt = freshness.nanoTime().getAsLong();
  }

  /** Drops what was not used in epoch {@code oldest} or later. */
  private void keep(int oldest) {
    Entries all = entries;
    Entries kept = new Entries(new ByteKeys(), new Answer[16]);
    long bytes = 0;
    for (int i = 0; i < all.inputs.size(); i++) {
      Answer answer = all.answers[i];
      if (answer != null && answer.seen >= oldest) {
        int start = all.inputs.start(i);
        int length = all.inputs.end(i) - start;
        int number = kept.inputs.add(all.inputs.bytes(), start, length, most);
        if (number == kept.answers.length) {
          kept = new Entries(kept.inputs, Arrays.copyOf(kept.answers, number * 2));
        }
        kept.answers[number] = answer;
        bytes += length + answer.output.length + ENTRY_OVERHEAD;
      }
    }
    entries = kept;
    budget.give(this.bytes - bytes);
    this.bytes = bytes;
  }

  synchronized int size() {
    return entries.inputs.size();
  }

  /** Drops all answers, and stores nothing from now on. */
  synchronized void close() {
    closed = true;
    keep(Integer.MAX_VALUE);
  }
}
