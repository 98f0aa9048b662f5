// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** What a daemon pins, as plain files of the same layout: a counter by program, and a histogram. */
@SuppressWarnings("ByteBufferBackingArray") // all were allocated here
final class PinnedRowsFolder {
  private static final String YAML =
      """
      metrics:
        counters:
          - name: packets_total
            help: Packets.
            labels:
              - {name: port, size: 8, decoders: [{name: uint}]}
              - {name: program, size: 8, decoders: [{name: string}]}
        histograms:
          - name: latency_seconds
            help: How long it took.
            bucket_type: exp2
            bucket_min: 0
            bucket_max: 3
            bucket_multiplier: 0.001
            labels:
              - {name: bucket, size: 4, decoders: [{name: uint}]}
      """;

  private static final String SHAPES =
      """
      name=packets_total key_size=16 value_size=8 per_cpu=false values=1 max_entries=10 can_fill=true
      name=latency_seconds key_size=4 value_size=8 per_cpu=true values=2 max_entries=10 can_fill=true
      """;

  final Path path;

  PinnedRowsFolder(Path path) {
    this.path = path;
  }

  /** A daemon that has counted so many packets, and was heard of so long ago. */
  void write(long packets, long silentNanos) throws IOException {
    Path folder = path.resolve("web");
    Files.createDirectories(folder.resolve("rows"));
    long now = 5_000_000_000_000L;
    Files.write(path.resolve("heartbeat"), numbers(now - silentNanos, now));
    Files.writeString(folder.resolve("config-yaml"), YAML);
    Files.writeString(folder.resolve("shapes"), SHAPES);
    Files.write(
        folder.resolve("rows/packets_total"),
        bytes(48)
            .putLong(443)
            .put(Arrays.copyOf("java".getBytes(StandardCharsets.UTF_8), 8))
            .putLong(packets)
            .putLong(53)
            .put(Arrays.copyOf("named".getBytes(StandardCharsets.UTF_8), 8))
            .putLong(7)
            .array());
    // Buckets up to 1, 2, 4 and 8 ms, and the sum behind them: a value for each of two CPUs.
    ByteBuffer latency = bytes(5 * 20);
    latency.putInt(0).putLong(1).putLong(1);
    latency.putInt(1).putLong(2).putLong(2);
    latency.putInt(2).putLong(3).putLong(1);
    latency.putInt(3).putLong(0).putLong(0);
    latency.putInt(4).putLong(20).putLong(2);
    Files.write(folder.resolve("rows/latency_seconds"), latency.array());
    Files.writeString(path.resolve("configs"), "web\n");
  }

  private static byte[] numbers(long... all) {
    ByteBuffer buffer = bytes(all.length * Long.BYTES);
    for (long one : all) {
      buffer.putLong(one);
    }
    return buffer.array();
  }

  private static ByteBuffer bytes(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
  }
}
