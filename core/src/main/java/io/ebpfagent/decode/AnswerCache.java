// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a label's chain made of its input bytes, where that is costly. Bounded in entries and bytes;
 * forgets what is no longer asked for. Look-ups take no lock and allocate nothing.
 */
final class AnswerCache {
  static final int MOST_ENTRIES = 65_536;
  private static final long MOST_BYTES = 32L << 20;
  private static final int ENTRY_OVERHEAD = 96;

  /** How often a full cache ages by itself where no scrapes do it, as with spans. */
  private static final long AGING = TimeUnit.SECONDS.toNanos(10);

  private final Freshness freshness;

  /**
   * Open addressing, at most half full. Slots are read without a lock: an answer's fields are
   * final, so it is seen whole or not at all, and a look-up that misses one just decodes again.
   */
  private volatile @Nullable Answer[] slots = new Answer[16];

  /** How many times {@link #age} was called. */
  private volatile int epoch;

  private int size;
  private long bytes;
  private long agedAt;

  /** An answer, kept. */
  static final class Answer {
    private final int hash;
    private final byte[] input;
    private final byte[] output;
    private final Outcome outcome;
    private final long until;

    /** The epoch in which it was last asked for; threads may race, as all write the same. */
    private int seen;

    private Answer(int hash, byte[] input, byte[] output, Outcome outcome, long until, int seen) {
      this.hash = hash;
      this.input = input;
      this.output = output;
      this.outcome = outcome;
      this.until = until;
      this.seen = seen;
    }

    Outcome appendTo(Bytes out) {
      out.append(output);
      return outcome;
    }

    private int weight() {
      return input.length + output.length + ENTRY_OVERHEAD;
    }
  }

  AnswerCache(Freshness freshness) {
    this.freshness = freshness;
    agedAt = freshness.nanoTime().getAsLong();
  }

  /** The answer to {@code in[offset, offset + length)}, if there is one and it is still good. */
  @Nullable Answer find(byte[] in, int offset, int length) {
    @Nullable Answer[] slots = this.slots;
    Answer answer = slots[slot(slots, ByteRange.hash(in, offset, length), in, offset, length)];
    if (answer == null || freshness.isOver(answer.until)) {
      return null;
    }
    int now = epoch;
    if (answer.seen != now) {
      answer.seen = now;
    }
    return answer;
  }

  /**
   * Keeps the bytes that {@code out} holds from {@code start} on as the answer; if there is room.
   */
  synchronized void put(byte[] in, int offset, int length, Outcome outcome, Bytes out, int start) {
    int hash = ByteRange.hash(in, offset, length);
    Answer answer =
        new Answer(
            hash,
            Arrays.copyOfRange(in, offset, offset + length),
            Arrays.copyOfRange(out.array(), start, out.length()),
            outcome,
            freshness.until(outcome),
            epoch);
    @Nullable Answer[] slots = this.slots;
    int slot = slot(slots, hash, in, offset, length);
    Answer before = slots[slot];
    if (before != null) {
      bytes += answer.weight() - before.weight();
      slots[slot] = answer;
    } else if (hasRoom(answer.weight())) {
      slots = this.slots;
      if ((size + 1) * 2 > slots.length) {
        slots = copy(slots.length * 2, Integer.MIN_VALUE);
      }
      slots[slot(slots, hash, in, offset, length)] = answer;
      size++;
      bytes += answer.weight();
      this.slots = slots;
    }
  }

  private boolean hasRoom(int weight) {
    if (size >= MOST_ENTRIES || bytes + weight > MOST_BYTES) {
      long now = freshness.nanoTime().getAsLong();
      if (now - agedAt < AGING) {
        return false;
      }
      age();
    }
    return size < MOST_ENTRIES && bytes + weight <= MOST_BYTES;
  }

  /**
   * Ends an epoch: forgets answers that were asked for neither in it nor in the one before. Two,
   * because of two scrapes at once the first to end would make the second one's end forget all.
   */
  synchronized void age() {
    int oldest = epoch - 1;
    if (Arrays.stream(slots).anyMatch(answer -> answer != null && answer.seen < oldest)) {
      @Nullable Answer[] kept = copy(slots.length, oldest);
      int capacity = Math.max(16, Integer.highestOneBit(Math.max(size, 1)) * 4);
      slots = kept;
      if (capacity < kept.length) {
        slots = copy(capacity, oldest);
      }
    }
    epoch++;
    agedAt = freshness.nanoTime().getAsLong();
  }

  /** A table of what was asked for in epoch {@code oldest} or later; counts it anew. */
  private @Nullable Answer[] copy(int capacity, int oldest) {
    @Nullable Answer[] to = new Answer[capacity];
    size = 0;
    bytes = 0;
    for (Answer answer : slots) {
      if (answer != null && answer.seen >= oldest) {
        to[slot(to, answer.hash, answer.input, 0, answer.input.length)] = answer;
        size++;
        bytes += answer.weight();
      }
    }
    return to;
  }

  /** Where the answer to the input is, or would be. */
  private static int slot(@Nullable Answer[] slots, int hash, byte[] in, int offset, int length) {
    int mask = slots.length - 1;
    int slot = hash & mask;
    for (Answer answer = slots[slot]; answer != null; answer = slots[slot]) {
      if (answer.hash == hash && ByteRange.equals(answer.input, in, offset, length)) {
        break;
      }
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  synchronized int size() {
    return size;
  }
}
