// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import io.ebpfagent.cgroup.CgroupSource;
import io.ebpfagent.cgroup.Cgroups;
import io.ebpfagent.config.DecoderSpec;
import io.ebpfagent.config.Label;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SkippedKeysTest {
  private long nanoTime;

  private static boolean has(SkippedKeys keys, long key) {
    return keys.contains(Decoding.u64(0, key), 8, 8);
  }

  private static void add(SkippedKeys keys, long key) {
    keys.add(Decoding.u64(0, key), 8, 8, Outcome.SKIP_ROW);
  }

  @Test
  void forgetTheLeastRecentlyAskedForFirst() {
    SkippedKeys keys = new SkippedKeys(3, new Freshness(false, () -> nanoTime));
    for (long key = 1; key <= 3; key++) {
      add(keys, key);
    }
    assertThat(has(keys, 1)).isTrue();
    add(keys, 4);
    assertThat(keys.size()).isEqualTo(3);
    assertThat(has(keys, 1)).isTrue();
    assertThat(has(keys, 2)).isFalse();
    assertThat(has(keys, 3)).isTrue();
    assertThat(has(keys, 4)).isTrue();
  }

  @Test
  void forgetAfterAWhileWhereTheDecisionMayChange() {
    SkippedKeys changing = new SkippedKeys(3, new Freshness(true, () -> nanoTime));
    SkippedKeys lasting = new SkippedKeys(3, new Freshness(false, () -> nanoTime));
    add(changing, 1);
    add(lasting, 1);
    nanoTime += TimeUnit.SECONDS.toNanos(30);
    assertThat(has(changing, 1)).isFalse();
    assertThat(has(lasting, 1)).isTrue();
    assertThat(changing.size()).isZero();
  }

  private static DecoderSpec regexp(String pattern) {
    return new DecoderSpec("regexp", Map.of(), false, List.of(Pattern.compile(pattern)), null, "");
  }

  @Test
  void makeRowsSkippedWithoutDecodingThem() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Decoder skipping =
        (in, offset, length, out) -> {
          asked.incrementAndGet();
          return Outcome.SKIP_ROW;
        };
    List<Label> labels = List.of(Decoding.label("l", 8, "skip"));
    List<LabelChain> chains =
        List.of(new LabelChain(labels.get(0), List.of(skipping), () -> nanoTime));
    SkippedKeys keys = new SkippedKeys(2, new Freshness(false, () -> nanoTime));
    RowDecoder rows = new RowDecoder(labels, chains, keys);
    LabelRow row = new LabelRow(1);
    for (int round = 0; round < 3; round++) {
      assertThat(rows.decode(Decoding.u64(1), 0, row)).isFalse();
      assertThat(rows.decode(Decoding.u64(2), 0, row)).isFalse();
      rows.scrapeEnded();
    }
    assertThat(asked).hasValue(2);
  }

  @Test
  void areOffUnlessAskedForAndWhereNoRowCanBeSkipped() throws Exception {
    Label skipping = new Label("l", 8, 0, List.of(regexp("x")));
    Label never = Decoding.label("l", 8, "uint");
    DecodeContext off = DecodeContext.ofHost();
    DecodeContext on = off.withSkipCacheSize(1);
    assertThat(new Decoders(off).row(List.of(skipping)).remembersSkippedKeys()).isFalse();
    assertThat(new Decoders(on).row(List.of(skipping)).remembersSkippedKeys()).isTrue();
    assertThat(new Decoders(on).row(List.of(never)).remembersSkippedKeys()).isFalse();
  }

  @Test
  void doNotHoldUpARowThatWasSkippedBecauseOfAStandIn() throws Exception {
    Map<Long, String> paths = new HashMap<>();
    Cgroups cgroups =
        new Cgroups(
            new CgroupSource() {
              @Override
              public Map<Long, String> all() {
                return Map.of();
              }

              @Override
              public @Nullable String one(long id) {
                return paths.get(id);
              }
            });
    DecodeContext context = DecodeContext.ofHost().withCgroups(cgroups).withSkipCacheSize(10);
    List<Label> labels =
        List.of(
            new Label(
                "cgroup",
                8,
                0,
                List.of(DecoderSpec.of("uint"), DecoderSpec.of("cgroup"), regexp("^/.*"))));
    RowDecoder rows = new Decoders(context, () -> nanoTime).row(labels);
    LabelRow row = new LabelRow(1);
    assertThat(rows.decode(Decoding.u64(2), 0, row)).isFalse();
    paths.put(2L, "/made");
    assertThat(rows.decode(Decoding.u64(2), 0, row)).isFalse();
    nanoTime += TimeUnit.SECONDS.toNanos(1);
    assertThat(rows.decode(Decoding.u64(2), 0, row)).isTrue();
    assertThat(row).hasToString("[/made]");
  }
}
