// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.metrics;

import static io.ebpfagent.NativeBytes.bytes;
import static io.ebpfagent.NativeBytes.u32s;
import static io.ebpfagent.NativeBytes.u64s;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestObjects;
import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.config.Config;
import io.ebpfagent.linux.Cpus;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Scrapes by many threads while keys come and go; each row's value tells what its labels must be.
 */
@KernelTest
@Timeout(120)
final class ConcurrentScrapesTest {
  private static final int THREADS = 8;
  private static final int SCRAPES = 50;
  private static final int STAYING = 40;
  private static final int PASSING = 100;

  private static final Config CONFIG =
      TestObjects.config(
          "test",
          "maps-only",
          """
          metrics:
            counters:
              - name: hash_u64
                help: Rows that need no adding up
                labels:
                  - {name: a, size: 8, decoders: [{name: uint}]}
                  - {name: b, size: 8, decoders: [{name: uint}]}
              - name: percpu_hash_u64
                help: Rows of each CPU
                labels:
                  - {name: a, size: 8, decoders: [{name: uint}]}
                  - {name: b, size: 8, decoders: [{name: uint}]}
              - name: bytes32_hash
                help: Two keys a row
                labels:
                  - name: text
                    size: 32
                    decoders:
                      - {name: string}
                      - {name: regexp, regexps: ['^(.*)$']}
            histograms:
              - name: hist_hash
                help: A histogram
                bucket_type: linear
                bucket_min: 0
                bucket_max: 3
                labels:
                  - {name: a, size: 4, decoders: [{name: uint}]}
                  - {name: bucket, size: 4, decoders: [{name: uint}]}
          """);

  private static final Pattern PAIR =
      Pattern.compile("(percpu_)?hash_u64\\{a=\"(\\d+)\",b=\"(\\d+)\"\\} (\\d+)");
  private static final Pattern TEXT = Pattern.compile("bytes32_hash\\{text=\"n(\\d+)\"\\} (\\d+)");
  private static final Pattern HISTOGRAM =
      Pattern.compile(
          "hist_hash_(?:bucket|sum|count)\\{a=\"(\\d+)\"(?:,le=\"([^\"]+)\")?\\} (\\S+)");

  private static byte[] text(int n, int variant) {
    return bytes().chars("n" + n + "\0" + variant, 32).array();
  }

  private static void put(TestMetrics test, int n) throws BpfException {
    long[] perCpu = new long[Cpus.possible()];
    perCpu[0] = n * 7L;
    test.put("hash_u64", u64s(n, n + 1), n * 7L);
    test.put("percpu_hash_u64", u64s(n, n + 1), perCpu);
    test.put("bytes32_hash", text(n, 0), n);
    test.put("bytes32_hash", text(n, 1), n);
    for (int bucket = 0; bucket <= 4; bucket++) {
      test.put("hist_hash", u32s(n, bucket), n);
    }
  }

  private static void delete(TestMetrics test, int n) throws BpfException {
    test.delete("hash_u64", u64s(n, n + 1));
    test.delete("percpu_hash_u64", u64s(n, n + 1));
    test.delete("bytes32_hash", text(n, 0));
    test.delete("bytes32_hash", text(n, 1));
    for (int bucket = 0; bucket <= 4; bucket++) {
      test.delete("hist_hash", u32s(n, bucket));
    }
  }

  @Test
  void eachAnswerIsWholeAndTrue() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    try (TestMetrics test = TestMetrics.of(CONFIG);
        ExecutorService threads = Executors.newCachedThreadPool()) {
      for (int n = 1; n <= STAYING; n++) {
        put(test, n);
      }
      Future<Integer> writer =
          threads.submit(
              () -> {
                int rounds = 0;
                do {
                  for (int n = STAYING + 1; n <= STAYING + PASSING; n++) {
                    put(test, n);
                  }
                  for (int n = STAYING + 1; n <= STAYING + PASSING; n++) {
                    delete(test, n);
                  }
                  rounds++;
                } while (!over.get());
                return rounds;
              });
      Callable<Void> scraper =
          () -> {
            for (int i = 0; i < SCRAPES; i++) {
              check(test.text(i % 2 == 0 ? TextFormat.PROMETHEUS : TextFormat.OPEN_METRICS));
            }
            return null;
          };
      List<Future<Void>> scrapers = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        scrapers.add(threads.submit(scraper));
      }
      try {
        for (Future<Void> each : scrapers) {
          each.get();
        }
      } finally {
        over.set(true);
      }
      assertThat(writer.get()).isPositive();
      assertThat(test.samples("decoder_errors_total"))
          .containsExactly("decoder_errors_total{config=\"test\"} 0");
      assertThat(test.samples("map_read_errors_total"))
          .containsExactly("map_read_errors_total{config=\"test\"} 0");
    }
  }

  private static void check(String answer) {
    assertThat(answer).endsWith("\n");
    Set<String> series = new HashSet<>();
    for (String line : answer.split("\n", -1)) {
      if (line.startsWith("# ") || line.isEmpty()) {
        continue;
      }
      assertThat(line).startsWith("ebpf_exporter_");
      assertThat(series.add(line.substring(0, line.lastIndexOf(' ')))).as("once: " + line).isTrue();
      checkSample(line.substring("ebpf_exporter_".length()));
    }
    for (int n = 1; n <= STAYING; n++) {
      String pair = "hash_u64{a=\"%d\",b=\"%d\"}".formatted(n, n + 1);
      assertThat(series)
          .contains(
              "ebpf_exporter_" + pair,
              "ebpf_exporter_percpu_" + pair,
              "ebpf_exporter_bytes32_hash{text=\"n" + n + "\"}",
              "ebpf_exporter_hist_hash_bucket{a=\"" + n + "\",le=\"+Inf\"}",
              "ebpf_exporter_hist_hash_sum{a=\"" + n + "\"}");
    }
  }

  private static void checkSample(String sample) {
    if (sample.startsWith("hash_u64") || sample.startsWith("percpu_hash_u64")) {
      Matcher pair = matcher(PAIR, sample);
      long a = Long.parseLong(pair.group(2));
      assertThat(Long.parseLong(pair.group(3))).as(sample).isEqualTo(a + 1);
      assertThat(Long.parseLong(pair.group(4))).as(sample).isEqualTo(a * 7);
    } else if (sample.startsWith("bytes32_hash")) {
      Matcher text = matcher(TEXT, sample);
      long n = Long.parseLong(text.group(1));
      // Possibly only one of the two keys exists.
      assertThat(Long.parseLong(text.group(2))).as(sample).isIn(n <= STAYING ? 2 * n : n, 2 * n);
    } else if (sample.startsWith("hist_hash")) {
      Matcher histogram = matcher(HISTOGRAM, sample);
      long n = Long.parseLong(histogram.group(1));
      if (n <= STAYING && histogram.group(2) != null) {
        long buckets =
            histogram.group(2).equals("+Inf") ? 4 : Long.parseLong(histogram.group(2)) + 1;
        assertThat(histogram.group(3)).as(sample).isEqualTo(Long.toString(n * buckets));
      }
    }
  }

  private static Matcher matcher(Pattern pattern, String sample) {
    Matcher matcher = pattern.matcher(sample);
    assertThat(matcher.matches()).as(sample).isTrue();
    return matcher;
  }
}
