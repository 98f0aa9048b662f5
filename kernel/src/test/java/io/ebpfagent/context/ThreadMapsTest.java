// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.context;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.MapCursor;
import io.ebpfagent.log.Log;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Threads put themselves into the maps. */
@KernelTest
class ThreadMapsTest {
  private static final int BY_THREAD_ID = 2;

  private static int rows(BpfMap map) throws Exception {
    int rows = 0;
    try (MapCursor cursor = map.cursor()) {
      while (cursor.next()) {
        rows += cursor.rows();
      }
    }
    return rows;
  }

  @Test
  void threadsOfOwnStorageRegister() throws Exception {
    ThreadMaps maps = ThreadMaps.load(16, Log.NONE);
    assertThat(maps.byName()).containsOnlyKeys("ebpf_agent_records", "ebpf_agent_tasks");
    maps.register(1, 1);
    assertThat(maps.records().memory("map").byteSize()).isEqualTo(16L * ThreadSlots.BYTES);
  }

  @Test
  void idsOfThreadsGoWithThem() throws Exception {
    ThreadMaps maps = ThreadMaps.load(16, BY_THREAD_ID, Log.NONE);
    BpfMap ids = Objects.requireNonNull(maps.byName().get("ebpf_agent_tids"));
    AtomicReference<Object> result = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    maps.register(1, 1);
                    result.set(rows(ids));
                  } catch (Exception e) {
                    result.set(e);
                  }
                });
    thread.join();
    assertThat(result.get()).isEqualTo(1);
    // The kernel ends a thread some moments after Java does.
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (rows(ids) > 0 && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(rows(ids)).isZero();
  }
}
