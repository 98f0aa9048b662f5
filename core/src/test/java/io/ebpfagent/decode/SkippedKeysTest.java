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

  private AnswerCache remembering(int most) {
    return new AnswerCache(new Freshness(false, () -> nanoTime), most, new CacheBudget(1 << 20));
  }

  private static DecoderSpec regexp(String pattern) {
    return DecoderSpec.regexp(List.of(Pattern.compile(pattern)));
  }

  @Test
  void makeRowsSkippedWithoutDecodingThem() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Decoder skipping =
        (in, offset, length, out) -> {
          asked.incrementAndGet();
          return Outcome.SKIP_ROW;
        };
    List<Label> labels = List.of(Decoding.label("l", 8, "regexp"));
    List<LabelChain> chains =
        List.of(new LabelChain(labels.get(0), List.of(skipping), Decoding.caches(() -> nanoTime)));
    RowDecoder rows = new RowDecoder(labels, chains, remembering(2));
    LabelRow row = new LabelRow(1);
    for (int round = 0; round < 3; round++) {
      assertThat(rows.decode(Decoding.u64(1), 0, row)).isFalse();
      assertThat(rows.decode(Decoding.u64(2), 0, row)).isFalse();
      rows.scrapeEnded();
    }
    assertThat(asked).hasValue(2);
    assertThat(rows.decode(Decoding.u64(3), 0, row)).isFalse();
    assertThat(rows.decode(Decoding.u64(3), 0, row)).isFalse();
    assertThat(asked).as("no room for a third").hasValue(4);
    rows.decode(Decoding.u64(1), 0, row);
    rows.scrapeEnded();
    rows.decode(Decoding.u64(1), 0, row);
    rows.scrapeEnded();
    assertThat(rows.decode(Decoding.u64(3), 0, row)).isFalse();
    assertThat(rows.decode(Decoding.u64(3), 0, row)).isFalse();
    assertThat(asked).as("2 was not asked for any more, and made room").hasValue(5);
  }

  @Test
  void areDecodedAgainAfterAWhileWhereTheDecisionMayChange() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Decoder skipping =
        (in, offset, length, out) -> {
          asked.incrementAndGet();
          return Outcome.SKIP_ROW;
        };
    List<Label> labels = List.of(Decoding.label("l", 8, "regexp"));
    List<LabelChain> chains =
        List.of(new LabelChain(labels.get(0), List.of(skipping), Decoding.caches(() -> nanoTime)));
    AnswerCache changing =
        new AnswerCache(new Freshness(true, () -> nanoTime), 2, new CacheBudget(1 << 20));
    RowDecoder rows = new RowDecoder(labels, chains, changing);
    LabelRow row = new LabelRow(1);
    assertThat(rows.decode(Decoding.u64(1), 0, row)).isFalse();
    nanoTime += TimeUnit.SECONDS.toNanos(30) - 1;
    assertThat(rows.decode(Decoding.u64(1), 0, row)).isFalse();
    assertThat(asked).hasValue(1);
    nanoTime++;
    assertThat(rows.decode(Decoding.u64(1), 0, row)).isFalse();
    assertThat(asked).hasValue(2);
  }

  @Test
  void giveTheirBytesBack() throws Exception {
    CacheBudget budget = new CacheBudget(1 << 20);
    DecodeContext context =
        DecodeContext.ofHost().withSkipCacheSize(5).withCacheSize(7).withCacheBudget(budget);
    Label label = new Label("l", 8, 0, List.of(DecoderSpec.of("hex"), regexp("^(?:0|[1-9].*5)")));
    LabelRow row = new LabelRow(1);
    try (RowDecoder rows = new Decoders(context).row(List.of(label))) {
      for (int key = 0; key < 1000; key++) {
        rows.decode(Decoding.u64(key), 0, row);
      }
      assertThat(budget.left()).isBetween((1L << 20) - 12 * 200, (1L << 20) - 12 * 100);
    }
    assertThat(budget.left()).isEqualTo(1 << 20);
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
