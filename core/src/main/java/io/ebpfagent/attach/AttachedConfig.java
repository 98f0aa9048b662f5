package io.ebpfagent.attach;

import io.ebpfagent.bpf.BpfLink;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.BpfObject;
import io.ebpfagent.bpf.PerfBuffer;
import io.ebpfagent.config.Config;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A config whose object is in the kernel. Maps are read between {@link #beginRead} and {@link
 * #endRead}, so that closing waits for the readers and none meets a descriptor that is gone or,
 * worse, another's.
 */
public final class AttachedConfig implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("io.ebpfagent.attach");
  private static final Duration READERS_MAY_TAKE = Duration.ofSeconds(5);

  private final Config config;
  private final BpfObject object;
  private final List<AttachedProgram> programs;
  private final List<BpfLink> links;
  private final List<PerfBuffer> perfBuffers;
  private final Runnable stopCgroups;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private volatile boolean closed;

  /**
   * @param stopCgroups ends the filling of a map with cgroups
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
  }

  public Config config() {
    return config;
  }

  /** The object's programs in its order, those that did not attach included. */
  public List<AttachedProgram> programs() {
    return programs;
  }

  /** The maps that the object declares. */
  public List<BpfMap> maps() {
    return object.maps();
  }

  /** The map of a metric; it is there, for attaching has checked it. */
  public BpfMap map(String name) {
    return object
        .map(name)
        .orElseThrow(() -> new IllegalArgumentException(config.name() + " has no map " + name));
  }

  /** The events of a counter of a perf event array; closed with the config. */
  public PerfBuffer perfBuffer(String name) {
    return perfBuffers.stream()
        .filter(buffer -> buffer.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException(config.name() + " takes no events of " + name));
  }

  /** Keeps the maps open; false when they are closed, and then nothing is to be ended. */
  public boolean beginRead() {
    if (closed) {
      // Where closing waits for other readers, this one would wait for it in vain.
      return false;
    }
    lock.readLock().lock();
    if (closed) {
      lock.readLock().unlock();
      return false;
    }
    return true;
  }

  public void endRead() {
    lock.readLock().unlock();
  }

  /** Detaches the programs at once, and closes the maps when their readers are done. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    for (BpfLink link : links.reversed()) {
      link.close();
    }
    perfBuffers.forEach(PerfBuffer::close);
    stopCgroups.run();
    // An interrupt that came before is no reason to leave the maps open.
    boolean interrupted = Thread.interrupted();
    try {
      if (lock.writeLock().tryLock(READERS_MAY_TAKE.toMillis(), TimeUnit.MILLISECONDS)) {
        try {
          object.close();
        } finally {
          lock.writeLock().unlock();
        }
      } else {
        LOG.log(
            System.Logger.Level.WARNING,
            "{0}: its maps are being read for {1} s; they stay open until the process ends",
            config.name(),
            READERS_MAY_TAKE.toSeconds());
      }
    } catch (InterruptedException e) {
      interrupted = true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
