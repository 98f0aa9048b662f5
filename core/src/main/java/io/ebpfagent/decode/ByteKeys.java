// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Byte strings, numbered from 0 in the order of insertion: a hash table with open addressing, at
 * most half full, whose keys are stored end to end in one array. Keys are never removed. Only one
 * thread at a time may add; any thread may look up at the same time without a lock, and misses at
 * worst the key that is being added.
 *
 * <p>Each instance hashes with random numbers of its own: keys may come from whoever names a cgroup
 * or sends a packet, and such a person must not be able to find keys that collide.
 */
public final class ByteKeys {
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int FIRST_SLOTS = 64;
  private static final int FIRST_BYTES = 1024;

  private final long seed;
  private final long multiplier;
  private volatile Table table;
  private int size;

  /**
   * All state that a look-up reads. It is replaced as a whole, so that a look-up never sees more
   * keys than bytes.
   *
   * @param slots a key's hash in the upper half, its number + 1 in the lower; 0 is free
   * @param ends where each key ends
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Table(long[] slots, int[] ends, byte[] bytes) {
    int start(int number) {
      return number == 0 ? 0 : ends[number - 1];
    }
  }

  public ByteKeys() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    seed = random.nextLong();
    multiplier = random.nextLong() | 1;
    table = new Table(new long[FIRST_SLOTS], new int[FIRST_SLOTS / 2], new byte[FIRST_BYTES]);
  }

  /** Number of keys; only for the thread that adds. */
  public int size() {
    return size;
  }

  /** All keys, end to end; valid until the next key is added. */
  public byte[] bytes() {
    return table.bytes;
  }

  /** Index in {@link #bytes} at which key {@code number} begins. */
  public int start(int number) {
    return table.start(number);
  }

  /** Index in {@link #bytes} at which key {@code number} ends, exclusive. */
  public int end(int number) {
    return table.ends[number];
  }

  /**
   * Returns the number of the key {@code in[offset, offset + length)}; -1 when there is no such
   * key.
   */
  public int find(byte[] in, int offset, int length) {
    return number(table, hash(in, offset, length), in, offset, length);
  }

  /**
   * Like {@link #find}, but adds the key if it is missing; returns -1 when there are {@code most}
   * keys already.
   */
  public int add(byte[] in, int offset, int length, int most) {
    Table table = this.table;
    int hash = hash(in, offset, length);
    int known = number(table, hash, in, offset, length);
    if (known >= 0 || size >= most) {
      return known;
    }
    int start = table.start(size);
    boolean full = size == table.ends.length;
    if (full || length > table.bytes.length - start) {
      table = grown(table, full, start + length);
      this.table = table;
    }
    System.arraycopy(in, offset, table.bytes, start, length);
    table.ends[size] = start + length;
    size++;
    // Published last: a thread that finds the number also finds the key.
    SLOT.setRelease(table.slots, free(table.slots, hash), (long) hash << Integer.SIZE | size);
    return size - 1;
  }

  /**
   * Returns a copy with twice the room for bytes and, if {@code full}, for keys. Both are copied at
   * once, because look-ups may still read the old table.
   */
  private static Table grown(Table table, boolean full, int bytes) {
    int capacity = (int) Math.min(2L * bytes, Integer.MAX_VALUE - 8);
    byte[] text = Arrays.copyOf(table.bytes, Math.max(capacity, table.bytes.length));
    if (!full) {
      return new Table(table.slots.clone(), table.ends, text);
    }
    long[] slots = new long[table.slots.length * 2];
    for (long each : table.slots) {
      if (each != 0) {
        slots[free(slots, (int) (each >>> Integer.SIZE))] = each;
      }
    }
    return new Table(slots, Arrays.copyOf(table.ends, slots.length / 2), text);
  }

  private static int free(long[] slots, int hash) {
    int mask = slots.length - 1;
    int slot = hash & mask;
    while (slots[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static int number(Table table, int hash, byte[] in, int offset, int length) {
    long[] slots = table.slots;
    int mask = slots.length - 1;
    for (int slot = hash & mask; ; slot = (slot + 1) & mask) {
      long each = (long) SLOT.getAcquire(slots, slot);
      if (each == 0) {
        return -1;
      }
      if ((int) (each >>> Integer.SIZE) == hash) {
        int number = (int) each - 1;
        int start = table.start(number);
        if (Arrays.equals(table.bytes, start, table.ends[number], in, offset, offset + length)) {
          return number;
        }
      }
    }
  }

  /** Number of slots that a look-up of an existing key visits. */
  int probes(byte[] in, int offset, int length) {
    long[] slots = table.slots;
    int mask = slots.length - 1;
    int number = find(in, offset, length);
    int home = hash(in, offset, length) & mask;
    int probes = 1;
    while ((int) slots[(home + probes - 1) & mask] != number + 1) {
      probes++;
    }
    return probes;
  }

  private int hash(byte[] in, int offset, int length) {
    long hash = mix(seed ^ length);
    int at = offset;
    for (int left = length; left >= Long.BYTES; left -= Long.BYTES) {
      hash = mix(hash ^ NativeInts.u64(in, at));
      at += Long.BYTES;
    }
    int end = offset + length;
    if (at < end) {
      long rest = 0;
      if (length >= Long.BYTES) {
        rest =
            NativeInts.u64(in, end - Long.BYTES); // overlaps the bytes before, which does no harm
      } else {
        for (; at < end; at++) {
          rest = (rest << Byte.SIZE) | (in[at] & 0xffL);
        }
      }
      hash = mix(hash ^ rest);
    }
    return (int) (hash ^ hash >>> Integer.SIZE);
  }

  /**
   * Combines both halves of the 128-bit product. Without the multiplier nobody can predict the
   * upper half.
   */
  private long mix(long value) {
    return value * multiplier ^ Math.multiplyHigh(value, multiplier);
  }
}
