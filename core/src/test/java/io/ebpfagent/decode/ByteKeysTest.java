// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ByteKeysTest {
  private static int add(ByteKeys keys, byte[] key) {
    byte[] in = new byte[key.length + 5];
    System.arraycopy(key, 0, in, 3, key.length);
    return keys.add(in, 3, key.length, Integer.MAX_VALUE);
  }

  private static int find(ByteKeys keys, byte[] key) {
    return keys.find(key, 0, key.length);
  }

  @Test
  void areNumberedInTheOrderTheyCome() {
    Random random = new Random(3);
    ByteKeys keys = new ByteKeys();
    Map<String, Integer> expected = new HashMap<>();
    List<byte[]> inOrder = new ArrayList<>();
    for (int i = 0; i < 50_000; i++) {
      byte[] key = new byte[random.nextInt(24)];
      // Few different bytes, so that many keys are equal, differ in one byte, or are prefixes of
      // each other.
      for (int at = 0; at < key.length; at++) {
        key[at] = (byte) (random.nextInt(2) * 0x80);
      }
      String text = Arrays.toString(key);
      Integer number = expected.get(text);
      assertThat(find(keys, key)).isEqualTo(number == null ? -1 : number);
      if (number == null) {
        number = expected.size();
        expected.put(text, number);
        inOrder.add(key);
      }
      assertThat(add(keys, key)).isEqualTo(number);
    }
    assertThat(keys.size()).isEqualTo(expected.size());
    for (int i = 0; i < inOrder.size(); i++) {
      assertThat(Arrays.copyOfRange(keys.bytes(), keys.start(i), keys.end(i)))
          .isEqualTo(inOrder.get(i));
    }
  }

  @Test
  void areNotMoreThanTheMost() {
    ByteKeys keys = new ByteKeys();
    assertThat(keys.add(new byte[] {1}, 0, 1, 1)).isZero();
    assertThat(keys.add(new byte[] {2}, 0, 1, 1)).isEqualTo(-1);
    assertThat(keys.add(new byte[] {1}, 0, 1, 1)).isZero();
    assertThat(keys.size()).isEqualTo(1);
  }

  @Test
  void mayBeLarge() {
    ByteKeys keys = new ByteKeys();
    for (int i = 0; i < 20; i++) {
      byte[] key = new byte[1 << 16];
      Arrays.fill(key, (byte) i);
      assertThat(add(keys, key)).isEqualTo(i);
      assertThat(find(keys, key)).isEqualTo(i);
    }
  }

  /**
   * Returns all texts of {@code pairs} pairs of letters, each of which is {@code Aa} or {@code BB}.
   */
  private static List<byte[]> ofOnePolynomial(int pairs) {
    return texts(1 << pairs, i -> text(pairs, i, "Aa", "BB"));
  }

  private static List<byte[]> texts(int count, IntFunction<String> text) {
    List<byte[]> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(text.apply(i).getBytes(UTF_8));
    }
    return texts;
  }

  private static String text(int pairs, int bits, String zero, String one) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < pairs; i++) {
      text.append((bits >> i & 1) == 0 ? zero : one);
    }
    return text.toString();
  }

  /**
   * Returns keys of pairs of words that leave the same state if each word is mixed in by {@code
   * (state ^ word) * constant} and then {@code state ^ state >>> 29}, whatever the state was: the
   * top bit of the first word changes no other bit of the product, and the second word cancels the
   * shifted bit.
   */
  private static List<byte[]> ofOneMultiplication(int pairs) {
    List<byte[]> keys = new ArrayList<>();
    for (int bits = 0; bits < 1 << pairs; bits++) {
      long[] words = new long[pairs * 2];
      for (int i = 0; i < pairs; i++) {
        if ((bits >> i & 1) != 0) {
          words[2 * i] = 1L << 63;
          words[2 * i + 1] = 1L << 63 | 1L << 34;
        }
      }
      keys.add(Decoding.u64(words));
    }
    return keys;
  }

  private static double probesPerLookUp(List<byte[]> all) {
    ByteKeys keys = new ByteKeys();
    all.forEach(key -> add(keys, key));
    assertThat(keys.size()).isEqualTo(all.size());
    return all.stream().mapToInt(key -> keys.probes(key, 0, key.length)).average().orElseThrow();
  }

  @Test
  void areFoundAtOnceWhateverWasChosenToCollide() {
    assertThat(
            ofOnePolynomial(14).stream().map(key -> new String(key, UTF_8).hashCode()).distinct())
        .hasSize(1);
    assertThat(probesPerLookUp(ofOnePolynomial(14))).isLessThan(2);
    assertThat(probesPerLookUp(ofOneMultiplication(14))).isLessThan(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"%d", "cgroup-%d", "/kubepods.slice/pod%08x/container", "%064d"})
  void areFoundAtOnceWhereTheyDifferInAFewDigits(String format) {
    assertThat(probesPerLookUp(texts(16_384, i -> format.formatted(i)))).isLessThan(2);
    assertThat(probesPerLookUp(texts(16_384, i -> format.formatted(i << 16)))).isLessThan(2);
  }

  @Test
  void areInOtherPlacesInEveryInstance() {
    List<byte[]> all = ofOnePolynomial(10);
    ByteKeys one = new ByteKeys();
    ByteKeys other = new ByteKeys();
    all.forEach(key -> add(one, key));
    all.forEach(key -> add(other, key));
    assertThat(all.stream().map(key -> one.probes(key, 0, key.length)).toList())
        .isNotEqualTo(all.stream().map(key -> other.probes(key, 0, key.length)).toList());
  }

  @Test
  void areFoundWhileOthersAreAdded() throws Exception {
    ByteKeys keys = new ByteKeys();
    int count = 100_000;
    try (ExecutorService threads = Executors.newFixedThreadPool(1)) {
      Future<?> reader =
          threads.submit(
              () -> {
                int last = 0;
                while (last < count) {
                  last = 0;
                  for (int i = 0; i < count; i += 7) {
                    int number = find(keys, Decoding.u64(i));
                    assertThat(number).isIn(-1, i);
                    last = number < 0 ? last : count;
                  }
                  last = find(keys, Decoding.u64(count - 1)) < 0 ? 0 : count;
                }
              });
      for (int i = 0; i < count; i++) {
        add(keys, Decoding.u64(i));
      }
      reader.get();
    }
  }
}
