// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.context;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.BpfObject;
import io.ebpfagent.bpf.BpfProgram;
import io.ebpfagent.bpf.OpenBpfObject;
import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.log.Log;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * The maps of include/trace_context.h in the kernel, and the program with which a thread puts
 * itself into them. They stay for the life of the process, as the threads do.
 */
final class ThreadMaps implements ThreadSlots.Registration {
  private static final String RESOURCE = "/bpf/thread-context.bpf.o";
  private static final String RECORDS = "ebpf_agent_records";
  private static final String TASKS = "ebpf_agent_tasks";
  private static final String THREAD_IDS = "ebpf_agent_tids";
  private static final String SLOTS_BY = "ebpf_agent_slots_by";

  // enum thread_slots_by
  private static final int BY_TASK = 1;
  private static final int BY_THREAD_ID = 2;

  private final Map<String, BpfMap> byName;
  private final byte[] slotsBy;
  private final BpfProgram register;

  private ThreadMaps(BpfObject object, String threads, byte[] slotsBy) {
    this.byName = Map.of(RECORDS, map(object, RECORDS), threads, map(object, threads));
    this.slotsBy = slotsBy;
    this.register = program(object, "register_thread");
  }

  /**
   * Loads them: by the tasks' own storage, or by thread id where the kernel has no such storage.
   */
  static ThreadMaps load(int most, Log log) throws BpfException {
    try {
      return load(most, BY_TASK, log);
    } catch (BpfException e) {
      if (e.errno() == Errno.EPERM) {
        throw e;
      }
      log.debug("no storage of tasks: " + e.getMessage());
      return load(most, BY_THREAD_ID, log);
    }
  }

  static ThreadMaps load(int most, int by, Log log) throws BpfException {
    byte[] slotsBy =
        ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(by).array();
    try (OpenBpfObject open = OpenBpfObject.open("thread-context", elf(), null, log)) {
      open.setGlobal(SLOTS_BY, slotsBy);
      map(open, RECORDS).setMaxEntries(most);
      if (by == BY_TASK) {
        map(open, THREAD_IDS).leaveOut();
      } else {
        map(open, THREAD_IDS).setMaxEntries(most);
        map(open, TASKS).leaveOut();
      }
      BpfObject object = open.load();
      try {
        if (by == BY_THREAD_ID) {
          // For good: the threads end when they will.
          program(object, "thread_exits").attach();
        }
        return new ThreadMaps(object, by == BY_TASK ? TASKS : THREAD_IDS, slotsBy);
      } catch (BpfException | RuntimeException | Error e) {
        object.close();
        throw e;
      }
    }
  }

  private static byte[] elf() {
    try (InputStream in = ThreadMaps.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + " is missing from the jar: make build");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static BpfMap map(OpenBpfObject object, String name) {
    return object.map(name).orElseThrow(() -> new IllegalStateException("no map " + name));
  }

  private static BpfMap map(BpfObject object, String name) {
    return object.map(name).orElseThrow(() -> new IllegalStateException("no map " + name));
  }

  private static BpfProgram program(BpfObject object, String name) {
    return object.programs().stream()
        .filter(program -> program.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no program " + name));
  }

  BpfMap records() {
    return map(RECORDS);
  }

  private BpfMap map(String name) {
    BpfMap map = byName.get(name);
    if (map == null) {
      throw new IllegalStateException("no map " + name);
    }
    return map;
  }

  Map<String, BpfMap> byName() {
    return byName;
  }

  Map<String, byte[]> globals() {
    return Map.of(SLOTS_BY, slotsBy);
  }

  @Override
  public void register(int index, int owner) throws KernelException {
    int result = register.testRun(index, owner);
    if (result != 0) {
      throw new KernelException("register a thread", Errno.ENOSPC, "");
    }
  }
}
