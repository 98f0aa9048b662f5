// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.attach.AttachedProgram;
import io.ebpfagent.bpf.PerfBuffer;
import io.ebpfagent.config.Config;
import io.ebpfagent.config.Span;
import io.ebpfagent.decode.Decoders;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.log.Log;
import io.ebpfagent.metrics.ConfigMetrics;
import io.ebpfagent.metrics.EventCounter;
import io.ebpfagent.trace.EpochClock;
import io.ebpfagent.trace.SpanRing;
import io.ebpfagent.trace.SpanSink;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An attached config with everything that reads it. It may belong to several engine states, one
 * after the other.
 */
final class RunningConfig implements AutoCloseable {
  private static final long LONGEST_LAST_DRAIN_MILLIS = 1_000;

  private final AttachedConfig attached;
  private final byte[] object;
  private final ConfigMetrics metrics;
  private final List<SpanRing> rings;
  private final List<Loop> loops = new ArrayList<>();

  private RunningConfig(
      AttachedConfig attached, byte[] object, ConfigMetrics metrics, List<SpanRing> rings) {
    this.attached = attached;
    this.object = object;
    this.metrics = metrics;
    this.rings = List.copyOf(rings);
  }

  /**
   * Prepares the readers of an attached config. A ring buffer that can't be read is logged, and the
   * config runs without its spans. If anything is thrown, the config is closed.
   *
   * @param object the bytes of its object, to detect changes later
   * @param sink receives spans; null when none are wanted
   */
  static RunningConfig of(
      AttachedConfig attached,
      byte[] object,
      Decoders decoders,
      @Nullable SpanSink sink,
      EpochClock clock,
      Log log) {
    List<SpanRing> rings = new ArrayList<>();
    try {
      Config config = attached.config();
      ConfigMetrics metrics = new ConfigMetrics(config, attached, decoders, log);
      if (sink != null) {
        for (Span span : config.spans()) {
          try {
            rings.add(SpanRing.open(attached, span, decoders, clock, sink.counts(), log));
          } catch (KernelException e) {
            log.error(config.name() + ": no spans: " + e.getMessage());
          }
        }
      }
      return new RunningConfig(attached, object, metrics, rings);
    } catch (RuntimeException | Error e) {
      rings.forEach(SpanRing::close);
      attached.close();
      throw e;
    }
  }

  /** Starts to count events as they come. */
  void start(Loop.Threads threads) {
    for (EventCounter counter : metrics.eventCounters()) {
      String map = counter.metric().name();
      PerfBuffer buffer = attached.perfBuffer(map);
      loops.add(
          threads.start(
              "events " + name() + ":" + map,
              () -> {
                boolean open = buffer.await();
                counter.drain();
                return open;
              }));
    }
  }

  String name() {
    return attached.config().name();
  }

  AttachedConfig attached() {
    return attached;
  }

  ConfigMetrics metrics() {
    return metrics;
  }

  List<SpanRing> rings() {
    return rings;
  }

  /** Whether this is the given config, to the last byte of its object. */
  boolean is(Config config, byte[] itsObject) {
    return attached.config().name().equals(config.name())
        && attached.config().text().equals(config.text())
        && Arrays.equals(object, itsObject);
  }

  /** Returns the names of the programs that are not attached. */
  List<String> missedPrograms() {
    return attached.programs().stream()
        .filter(program -> !program.attached())
        .map(program -> program.program().name())
        .toList();
  }

  /** Returns the names of the attached programs. */
  List<String> attachedPrograms() {
    return attached.programs().stream()
        .filter(AttachedProgram::attached)
        .map(program -> program.program().name())
        .toList();
  }

  /**
   * Returns the config's state.
   *
   * @param runStatistics whether to ask the kernel for each program's statistics
   */
  ConfigState state(boolean runStatistics, Log log) {
    List<AttachedConfig.Running> running = List.of();
    try {
      if (runStatistics) {
        running = attached.running();
      }
    } catch (KernelException e) {
      log.debug(name() + ": no run statistics: " + e.getMessage());
    }
    List<ProgramState> programs = new ArrayList<>();
    for (int i = 0; i < attached.programs().size(); i++) {
      AttachedProgram program = attached.programs().get(i);
      boolean known = i < running.size();
      programs.add(
          new ProgramState(
              program.program().name(),
              program.program().section(),
              program.id(),
              program.tag(),
              program.failure().map(failure -> String.valueOf(failure.getMessage())),
              known ? running.get(i).info().runTimeNanos() : 0,
              known ? running.get(i).info().runCount() : 0));
    }
    return new ConfigState(name(), Optional.empty(), programs);
  }

  /**
   * Detaches the programs. The records in their ring buffers can still be read by the thread that
   * reads spans.
   */
  @Override
  public void close() {
    attached.close();
    loops.forEach(loop -> loop.end(LONGEST_LAST_DRAIN_MILLIS));
    metrics.close();
  }
}
