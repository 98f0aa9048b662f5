// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The raw keys that a decoder lately decided to skip, so that their rows cost one look-up: a map
 * may be full of rows that nobody wants. The least recently asked for goes first.
 */
final class SkippedKeys {
  private final Freshness freshness;
  private final Map<Key, Long> untils;

  /** What is asked for, so that a look-up makes no object; under the lock. */
  private final Key probe = new Key();

  SkippedKeys(int most, Freshness freshness) {
    this.freshness = freshness;
    untils =
        new LinkedHashMap<>(16, 0.75f, true) {
          @Override
          protected boolean removeEldestEntry(Map.Entry<Key, Long> eldest) {
            return size() > most;
          }
        };
  }

  synchronized boolean contains(byte[] bytes, int offset, int length) {
    probe.set(bytes, offset, length);
    Long until = untils.get(probe);
    if (until != null && freshness.isOver(until)) {
      untils.remove(probe);
      until = null;
    }
    return until != null;
  }

  synchronized void add(byte[] bytes, int offset, int length, Outcome outcome) {
    Key key = new Key();
    key.set(Arrays.copyOfRange(bytes, offset, offset + length), 0, length);
    untils.put(key, freshness.until(outcome));
  }

  synchronized int size() {
    return untils.size();
  }

  private static final class Key {
    private byte[] bytes = {};
    private int offset;
    private int length;
    private int hash;

    private void set(byte[] bytes, int offset, int length) {
      this.bytes = bytes;
      this.offset = offset;
      this.length = length;
      hash = ByteRange.hash(bytes, offset, length);
    }

    @Override
    public int hashCode() {
      return hash;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Key key
          && Arrays.equals(
              bytes, offset, offset + length, key.bytes, key.offset, key.offset + key.length);
    }
  }
}
