// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.linux.NativeFunction.address;

import io.ebpfagent.linux.Cpus;
import io.ebpfagent.linux.Descriptors;
import io.ebpfagent.linux.NativeFunction;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * How many values a row of a per-CPU map has. The kernel writes as many as it has CPUs, whatever
 * the size of the buffer, and a container may hide some of them in /sys. So the kernel is asked,
 * with a map of one row.
 */
final class PerCpuValues {
  /** Twice the CPUs that a kernel can be built for. */
  private static final int MOST = 16 * 1024;

  /** No value of a new map. */
  private static final long UNTOUCHED = 0x5a5a5a5a5a5a5a5aL;

  // int bpf_map_create(enum bpf_map_type map_type, const char *map_name, __u32 key_size, __u32
  // value_size, __u32 max_entries, const struct bpf_map_create_opts *opts)
  private static final NativeFunction MAP_CREATE = Libbpf.function("bpf_map_create");

  private static volatile int count;

  private PerCpuValues() {}

  /**
   * Returns the number of values of a row.
   *
   * @throws IllegalStateException when /sys doesn't have a number
   */
  static int count() {
    if (count == 0) {
      int possible = Cpus.possible();
      int written = written();
      count = written > 0 ? written : possible;
    }
    return count;
  }

  /** Returns how many values the kernel writes; 0 when this process may create no map. */
  private static int written() {
    int fd = MAP_CREATE.asInt(BpfMap.PERCPU_ARRAY, 0, Integer.BYTES, Long.BYTES, 1, 0);
    if (fd < 0) {
      return 0;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocate(ValueLayout.JAVA_INT);
      MemorySegment values = arena.allocate(ValueLayout.JAVA_LONG, MOST).fill((byte) UNTOUCHED);
      if (BpfMap.LOOKUP_ELEM.asInt(fd, address(key), address(values)) < 0) {
        return 0;
      }
      int written = 0;
      while (written < MOST && values.getAtIndex(ValueLayout.JAVA_LONG, written) != UNTOUCHED) {
        written++;
      }
      return written;
    } finally {
      Descriptors.close(fd);
    }
  }
}
