// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfLink;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.BpfObject;
import io.ebpfagent.bpf.BpfProgram;
import io.ebpfagent.bpf.PerfBuffer;
import io.ebpfagent.bpf.RingBuffer;
import io.ebpfagent.config.Config;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.rows.ConfigRows;
import io.ebpfagent.rows.EventReader;
import io.ebpfagent.rows.RowSource;
import java.util.ArrayList;
import java.util.List;

/**
 * A config whose object is in the kernel. Closing it detaches the programs at once. Its maps stay
 * open until their last reader is done, so that no reader uses a file descriptor that is closed or,
 * worse, belongs to another file by now.
 */
public final class AttachedConfig implements ConfigRows, AutoCloseable {
  private final Config config;
  private final BpfObject object;
  private final List<AttachedProgram> programs;
  private final List<BpfLink> links;
  private final List<PerfBuffer> perfBuffers;
  private final Runnable stopCgroups;
  private final Readers readers;

  /**
   * @param stopCgroups stops filling the map of cgroup ids
   */
  AttachedConfig(
      Config config,
      BpfObject object,
      List<AttachedProgram> programs,
      List<BpfLink> links,
      List<PerfBuffer> perfBuffers,
      Runnable stopCgroups) {
    this.config = config;
    this.object = object;
    this.programs = List.copyOf(programs);
    this.links = List.copyOf(links);
    this.perfBuffers = List.copyOf(perfBuffers);
    this.stopCgroups = stopCgroups;
    this.readers = new Readers(object::close);
  }

  public Config config() {
    return config;
  }

  /** Returns the object's programs in its order, including those that did not attach. */
  public List<AttachedProgram> programs() {
    return programs;
  }

  /** Returns the maps that the object declares. */
  public List<BpfMap> maps() {
    return object.maps();
  }

  /** Returns the map of a metric. It exists, because attaching has checked it. */
  public BpfMap map(String name) {
    return object
        .map(name)
        .orElseThrow(() -> new IllegalArgumentException(config.name() + " has no map " + name));
  }

  @Override
  public RowSource rows(String map) {
    return MapRows.of(map(map), readers);
  }

  @Override
  public EventReader events(String map) {
    PerfBuffer buffer = perfBuffer(map);
    return new EventReader() {
      @Override
      public int drain(Consumer to) {
        return buffer.drain(to::accept);
      }

      @Override
      public long lost() {
        return buffer.lost();
      }
    };
  }

  /** Returns the perf buffer of a counter's perf event array; it is closed with the config. */
  public PerfBuffer perfBuffer(String name) {
    return perfBuffers.stream()
        .filter(buffer -> buffer.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException(config.name() + " takes no events of " + name));
  }

  /**
   * Maps the pages of a ring buffer. They stay readable after the config is closed.
   *
   * @throws KernelException when the map is not a ring buffer, or the config is closed
   */
  public RingBuffer ringBuffer(String name) throws KernelException {
    return map(name).ringBuffer();
  }

  /**
   * A program and its current state in the kernel.
   *
   * @param info includes its run time and run count
   */
  public record Running(AttachedProgram program, BpfProgram.Info info) {}

  /**
   * Asks the kernel for the state of each program; returns none once the config is closed.
   *
   * @throws BpfException when the kernel refuses
   */
  public List<Running> running() throws BpfException {
    List<Running> running = new ArrayList<>();
    if (readers.begin()) {
      try {
        for (AttachedProgram program : programs) {
          running.add(new Running(program, program.program().info()));
        }
      } finally {
        readers.end();
      }
    }
    return running;
  }

  /** Detaches the programs; the maps are closed when their last reader is done. */
  @Override
  public void close() {
    // A failure to close one part must not keep the others running.
    Closing closing = new Closing();
    for (BpfLink link : links.reversed()) {
      closing.close(link::close);
    }
    for (PerfBuffer buffer : perfBuffers) {
      closing.close(buffer::close);
    }
    closing.close(stopCgroups);
    closing.close(readers::close);
    closing.rethrow();
  }
}
