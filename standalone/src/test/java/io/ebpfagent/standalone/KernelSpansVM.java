// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.config.ConfigSet;
import io.ebpfagent.context.ThreadSlots;
import io.ebpfagent.engine.ConfigState;
import io.ebpfagent.engine.Engine;
import io.ebpfagent.engine.EnginePlan;
import io.ebpfagent.engine.ProgramState;
import io.ebpfagent.log.Log;
import io.ebpfagent.trace.SpanCounts;
import io.ebpfagent.trace.SpanRecord;
import io.ebpfagent.trace.SpanSink;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The OpenTelemetry extension's programs on another kernel, in this process: its own thread is in a
 * span, and does what becomes spans.
 */
@GuestTest
class KernelSpansVM {
  private static final Path SPANS = Path.of("target", "spans");
  private static final String TRACE = "0102030405060708090a0b0c0d0e0f10";
  private static final String PARENT = "1112131415161718";
  private static final int HEADER = 24;
  private static final int VALID_AND_SAMPLED = 0x101;
  private static final Duration MAY_TAKE = Duration.ofSeconds(60);

  @TempDir Path dir;

  /** Keeps them. */
  private static final class Kept implements SpanSink {
    private final SpanCounts counts = new SpanCounts();
    private final List<SpanRecord> spans = new ArrayList<>();

    @Override
    public synchronized void accept(List<SpanRecord> more) {
      spans.addAll(more);
      notifyAll();
    }

    @Override
    public SpanCounts counts() {
      return counts;
    }

    @Override
    public void close(Duration limit) {}

    private synchronized List<SpanRecord> of(String name) {
      return spans.stream().filter(span -> span.name().equals(name)).toList();
    }

    /** Waits until those of a name are enough. */
    synchronized List<SpanRecord> await(String name, Predicate<List<SpanRecord>> enough)
        throws InterruptedException {
      long deadline = System.nanoTime() + MAY_TAKE.toNanos();
      while (!enough.test(of(name))) {
        long left = (deadline - System.nanoTime()) / 1_000_000;
        assertThat(left).as("%s in %s", name, spans).isPositive();
        wait(left);
      }
      return of(name);
    }
  }

  private static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(SPANS)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".yaml"))
          .map(file -> file.substring(0, file.length() - ".yaml".length()))
          .sorted()
          .toList();
    }
  }

  /** Puts the current thread into a span. */
  private static void enter(ThreadSlots slots) {
    MemorySegment record =
        slots.memory().asSlice(slots.applyAsLong(Thread.currentThread()), ThreadSlots.BYTES);
    for (int i = 0; i < HEADER; i++) {
      record.set(ValueLayout.JAVA_BYTE, i, (byte) (i + 1));
    }
    record.set(ValueLayout.JAVA_INT, HEADER, VALID_AND_SAMPLED);
  }

  @Test
  void programsAttachAndMakeSpans() throws Exception {
    List<String> lines = new ArrayList<>();
    Log log = (level, message, thrown) -> lines.add(level + " " + message);
    Kept kept = new Kept();
    ThreadSlots slots = ThreadSlots.inKernel(64, log);
    EnginePlan plan =
        EnginePlan.builder()
            .configs(ConfigSet.builder().fromDirectory(SPANS, names()).build())
            .threadSlots(slots)
            .spans(kept)
            .log(log)
            .probeThisProcess()
            .request("note_quota")
            .global("file_sync_min_ns", 0L)
            .global("cpu_throttled_min_ns", 1_000_000L)
            .build();
    try (Engine engine = Engine.start(plan)) {
      assertThat(engine.configs())
          .as("%s", lines)
          .hasSize(names().size())
          .allMatch(ConfigState::attached)
          .flatExtracting(ConfigState::programs)
          .allMatch(ProgramState::attached);
      enter(slots);
      sync();
      assertThat(InetAddress.getAllByName("localhost")).isNotEmpty();
      long waited = spinInCgroup();

      assertThat(kept.await("file-sync", spans -> !spans.isEmpty()))
          .allMatch(span -> PARENT.equals(span.parentSpanId()) && TRACE.equals(span.traceId()))
          .anyMatch(span -> span.values().contains(dir.resolve("synced").toString()));
      assertThat(kept.await("dns-lookup", spans -> !spans.isEmpty()))
          .allMatch(span -> span.values().contains("localhost"));
      assertThat(nanos(kept.await("cpu-throttled", spans -> nanos(spans) > waited / 2)))
          .isLessThanOrEqualTo(waited);
    }
  }

  private void sync() throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            dir.resolve("synced"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Uses much of a CPU that it may have little of; returns how long it had none, in ns. */
  private static long spinInCgroup() throws IOException {
    try (Cgroup cgroup = Cgroup.make("spans")) {
      cgroup.set("cpu.max", "20000 100000");
      long pid = ProcessHandle.current().pid();
      cgroup.set("cgroup.procs", Long.toString(pid));
      try {
        long begin = System.nanoTime();
        long onCpu = onCpuNanos();
        while (onCpuNanos() - onCpu < 60_000_000) {
          Thread.onSpinWait();
        }
        return System.nanoTime() - begin - (onCpuNanos() - onCpu);
      } finally {
        Files.writeString(Path.of("/sys/fs/cgroup/cgroup.procs"), Long.toString(pid));
      }
    }
  }

  private static long onCpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static long nanos(List<SpanRecord> spans) {
    return spans.stream().mapToLong(span -> span.endEpochNanos() - span.startEpochNanos()).sum();
  }
}
