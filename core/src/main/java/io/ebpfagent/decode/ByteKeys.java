// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Byte strings, numbered from 0 in the order they came: a hash table with open addressing, at most
 * half full, whose keys lie end to end in one array. None is ever taken out. One thread at a time
 * may add; any may look up meanwhile, without a lock, and misses at worst what is just being added.
 *
 * <p>Each instance hashes in its own way: keys may come from whoever names a cgroup or sends a
 * packet, and must not be found to collide.
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
   * All that a look-up reads, replaced together, so that it never sees more keys than bytes.
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

  /** How many keys there are; for the thread that adds. */
  public int size() {
    return size;
  }

  /** All keys, end to end, valid until the next is added. */
  public byte[] bytes() {
    return table.bytes;
  }

  /** Where key {@code number} begins in {@link #bytes}. */
  public int start(int number) {
    return table.start(number);
  }

  /** Where key {@code number} ends in {@link #bytes}, exclusive. */
  public int end(int number) {
    return table.ends[number];
  }

  /** The number of the key {@code in[offset, offset + length)}; -1 when there is none such. */
  public int find(byte[] in, int offset, int length) {
    return number(table, hash(in, offset, length), in, offset, length);
  }

  /**
   * The same for a key that is added if need be; -1 when it would be one more than {@code most}.
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
    // Released last: who finds the number finds the key.
    SLOT.setRelease(table.slots, free(table.slots, hash), (long) hash << Integer.SIZE | size);
    return size - 1;
  }

  /**
   * A copy with room for as much again, of bytes and, where they are full, of keys: both at once,
   * for all is copied. Look-ups may still be busy with the old one.
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

  /** How many slots a look-up of a key that there is sees. */
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
        rest = NativeInts.u64(in, end - Long.BYTES); // some bytes once more, which does no harm
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
   * Both halves of the product of 128 bits: the upper one is what nobody can foretell who does not
   * know the multiplier.
   */
  private long mix(long value) {
    return value * multiplier ^ Math.multiplyHigh(value, multiplier);
  }
}
