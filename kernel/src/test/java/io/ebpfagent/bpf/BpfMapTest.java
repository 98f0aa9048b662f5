// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.NativeBytes.u32s;
import static io.ebpfagent.NativeBytes.u64s;
import static io.ebpfagent.bpf.TestRows.map;
import static io.ebpfagent.bpf.TestRows.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.KernelTest;
import io.ebpfagent.linux.Cpus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@KernelTest
final class BpfMapTest {
  private BpfObject object;

  @BeforeEach
  void load() throws BpfException {
    object = TestRows.load();
  }

  @AfterEach
  void close() {
    object.close();
  }

  @Test
  void replacesAndDeletesRows() throws BpfException {
    BpfMap map = map(object, "hash_u64");
    put(map, u64s(1, 1), 10);
    TestRows.Row replaced = put(map, u64s(1, 1), 11);
    TestRows.Row other = put(map, u64s(2, 2), 20);
    assertThat(TestRows.readAll(map)).containsExactlyInAnyOrder(replaced, other);
    map.delete(u64s(1, 1));
    assertThat(TestRows.readAll(map)).containsExactly(other);
  }

  @Test
  void saysWhatTheKernelRefused() {
    BpfMap map = map(object, "hash_u64");
    assertThatThrownBy(() -> map.delete(u64s(1, 1)))
        .isInstanceOf(BpfException.class)
        .hasMessage("delete of map hash_u64: ENOENT");
    assertThatThrownBy(() -> put(map(object, "array_u64"), u32s(8), 1))
        .isInstanceOf(BpfException.class)
        .hasMessage("update of map array_u64: E2BIG");
  }

  @Test
  void refusesBytesThatTheKernelWouldReadBehind() {
    BpfMap map = map(object, "hash_u64");
    assertThatThrownBy(() -> put(map, u64s(1), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("map hash_u64 takes a key of 16 bytes, not 8");
    assertThatThrownBy(() -> map.delete(u64s(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("map hash_u64 takes a key of 16 bytes, not 8");
    assertThatThrownBy(() -> map.update(u64s(1, 1), u32s(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("map hash_u64 takes a value of 8 bytes, not 4");
    int bytes = Cpus.possible() * Long.BYTES;
    assertThatThrownBy(() -> map(object, "percpu_hash_u64").update(u64s(1, 1), new byte[bytes - 8]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("map percpu_hash_u64 takes a value of %d bytes, not %d", bytes, bytes - 8);
  }

  @Test
  void knowsWhichMapsCanBeReadOrFill() {
    assertThat(object.maps())
        .filteredOn(BpfMap::canFill)
        .extracting(BpfMap::name)
        .containsExactlyInAnyOrder(
            "hash_u64",
            "percpu_hash_u64",
            "hist_hash",
            "padded_hash",
            "bytes32_hash",
            "small_total",
            "trie_u64",
            "wrong_value");
    assertThat(object.maps())
        .filteredOn(map -> !map.readable())
        .extracting(BpfMap::name)
        .containsExactly("events");
    assertThat(object.maps())
        .filteredOn(BpfMap::perCpu)
        .extracting(BpfMap::name)
        .containsExactlyInAnyOrder(
            "percpu_hash_u64", "percpu_array_u64", "percpu_single", "lru_percpu_hash_u64");
  }

  @Test
  void failsAfterTheObjectWasClosed() {
    BpfMap map = map(object, "hash_u64");
    object.close();
    object.close();
    assertThatThrownBy(() -> put(map, u64s(1, 1), 1))
        .isInstanceOf(BpfException.class)
        .hasMessage("read map hash_u64: EBADF (its object is closed)");
    assertThat(map.name()).isEqualTo("hash_u64");
  }
}
