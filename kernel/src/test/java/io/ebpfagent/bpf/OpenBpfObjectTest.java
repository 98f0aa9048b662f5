// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.NativeBytes.u32s;
import static io.ebpfagent.NativeBytes.u64s;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.ChildJvm;
import io.ebpfagent.KernelTest;
import io.ebpfagent.NativeBytes;
import io.ebpfagent.TestObjects;
import io.ebpfagent.linux.Cpus;
import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.NativeFunction;
import io.ebpfagent.log.Log;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

@KernelTest
final class OpenBpfObjectTest {
  private static OpenBpfObject open(String name) throws BpfException {
    return OpenBpfObject.open(name + ".bpf.o", TestObjects.bytes(name), null, Log.NONE);
  }

  private static void refuses(byte[] elf, String message) {
    assertThatThrownBy(() -> OpenBpfObject.open("test.bpf.o", elf, null, Log.NONE))
        .isInstanceOf(BpfException.class)
        .hasMessage(message);
  }

  @Test
  void listsMapsAndPrograms() throws BpfException {
    try (OpenBpfObject open = open("globals")) {
      assertThat(open.maps()).extracting(BpfMap::name).containsExactly("kaddr_seen_total");
      assertThat(open.programs()).extracting(BpfProgram::name).containsExactly("sys_enter");
      assertThat(open.programs().getFirst().section()).isEqualTo("raw_tp/sys_enter");
      assertThat(open.map("kaddr_seen_total")).isPresent();
      assertThat(open.map("no_such_map")).isEmpty();
    }
  }

  @Test
  void knowsTheShapeOfEachMap() throws BpfException {
    try (OpenBpfObject open = open("maps-only")) {
      assertThat(open.maps())
          .extracting(
              m ->
                  "%s %s %d->%d x%d"
                      .formatted(
                          m.name(), m.typeName(), m.keySize(), m.valueSize(), m.maxEntries()))
          .containsExactlyInAnyOrder(
              "hash_u64 hash 16->8 x1024",
              "percpu_hash_u64 percpu_hash 16->8 x1024",
              "array_u64 array 4->8 x8",
              "percpu_array_u64 percpu_array 4->8 x4",
              "percpu_single percpu_array 4->8 x1",
              "lru_hash_u64 lru_hash 16->8 x1024",
              "lru_percpu_hash_u64 lru_percpu_hash 16->8 x1024",
              "hist_hash hash 8->8 x1024",
              "padded_hash hash 8->8 x1024",
              "bytes32_hash hash 32->8 x1024",
              "small_total hash 4->8 x4",
              "trie_u64 lpm_trie 8->8 x1024",
              "wrong_value hash 4->4 x1024",
              "events ringbuf 0->0 x65536");
    }
  }

  @Test
  void saysThatAFileIsEmpty() {
    refuses(new byte[0], "open test.bpf.o (the file is empty)");
  }

  @Test
  void saysThatAFileIsNoElf() {
    refuses(
        "metrics:\n".getBytes(StandardCharsets.US_ASCII),
        "open test.bpf.o (not an ELF file; a BPF object is compiled with clang -target bpf)");
  }

  @Test
  void saysThatAFileIsForAnotherMachine() throws Exception {
    byte[] java = Files.readAllBytes(Path.of("/proc/self/exe"));
    assertThatThrownBy(() -> OpenBpfObject.open("java.bpf.o", java, null, Log.NONE))
        .isInstanceOf(BpfException.class)
        .message()
        .matches(
            "open java.bpf.o \\(an ELF file, but not for BPF \\(machine=\\d+, BPF is 247\\);"
                + " a BPF object is compiled with clang -target bpf\\)");
  }

  @Test
  void saysThatAFileIsTruncated() {
    byte[] whole = TestObjects.bytes("maps-only");
    refuses(
        Arrays.copyOf(whole, 500),
        "open test.bpf.o (truncated: its section table ends at byte %d, the file at 500)"
            .formatted(whole.length));
  }

  @Test
  void givesLibbpfsReasonForAnObjectThatOnlyLooksSound() {
    byte[] noBtf = TestObjects.bytes("maps-only");
    // Without its name the section .BTF isn't found, and without the section the maps aren't.
    int at = new String(noBtf, StandardCharsets.ISO_8859_1).lastIndexOf(".BTF\0");
    noBtf[at] = 'x';
    assertThatThrownBy(() -> OpenBpfObject.open("test.bpf.o", noBtf, null, Log.NONE))
        .isInstanceOf(BpfException.class)
        .hasMessageStartingWith("open test.bpf.o: ")
        .hasMessageContaining("BTF is required");
  }

  @Test
  void loadsOnce() throws BpfException {
    OpenBpfObject open = open("maps-only");
    try (BpfObject object = open.load()) {
      assertThatThrownBy(open::load)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("maps-only.bpf.o is loaded or closed");
      open.close();
      TestRows.put(TestRows.map(object, "hash_u64"), u64s(1, 2), 3);
      assertThat(TestRows.readAll(TestRows.map(object, "hash_u64"))).hasSize(1);
    }
  }

  @Test
  void isOfNoUseAfterClosing() throws BpfException {
    OpenBpfObject open = open("globals");
    List<BpfMap> maps = open.maps();
    List<BpfProgram> programs = open.programs();
    open.close();
    open.close();
    String closed = "globals.bpf.o is loaded or closed";
    assertThatThrownBy(open::load).isInstanceOf(IllegalStateException.class).hasMessage(closed);
    assertThatThrownBy(() -> open.setGlobal("kaddr_schedule", new byte[8]))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(closed);
    assertThatThrownBy(() -> maps.getFirst().setMaxEntries(2))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("map kaddr_seen_total: its object is closed");
    assertThatThrownBy(() -> programs.getFirst().attach())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("program sys_enter: its object is closed");
  }

  @Test
  void isOfNoUseAfterItDidNotLoad() throws BpfException {
    OpenBpfObject open = open("rejected");
    BpfMap map = open.map("rejected_total").orElseThrow();
    assertThatThrownBy(open::load).isInstanceOf(BpfException.class);
    assertThatThrownBy(open::load).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> map.setMaxEntries(2)).isInstanceOf(IllegalStateException.class);
    open.close();
  }

  @Test
  void givesTheVerifiersReason() throws BpfException {
    try (OpenBpfObject open = open("rejected")) {
      assertThatThrownBy(open::load)
          .isInstanceOfSatisfying(
              BpfException.class,
              e -> {
                assertThat(e)
                    .hasMessageStartingWith(
                        "load rejected.bpf.o: EACCES (program forgets_null_check was refused:"
                            + " R0 invalid mem access 'map_value_or_null'; at instruction ")
                    .hasMessageContaining("; source: *value += 1; @ rejected.bpf.c:");
                assertThat(e.operation()).isEqualTo("load rejected.bpf.o");
                assertThat(e.errno()).isEqualTo(Errno.EACCES);
                assertThat(e.libbpfLog()).contains("-- BEGIN PROG LOAD LOG --");
              });
    }
  }

  @Test
  void setsHowManyEntriesAMapHasBeforeLoading() throws BpfException {
    OpenBpfObject open = open("maps-only");
    open.map("array_u64").orElseThrow().setMaxEntries(3);
    try (BpfObject object = open.load()) {
      BpfMap map = TestRows.map(object, "array_u64");
      assertThat(map.maxEntries()).isEqualTo(3);
      assertThat(TestRows.readAll(map)).hasSize(3);
      assertThatThrownBy(() -> map.setMaxEntries(4))
          .isInstanceOf(BpfException.class)
          .hasMessage("set max_entries=4 of map array_u64: EBUSY");
    }
  }

  @Test
  void setsAGlobalThatTheProgramSees() throws BpfException {
    OpenBpfObject open = open("globals");
    long value = 0xffff_ffff_8123_4567L;
    assertThat(open.setGlobal("kaddr_schedule", NativeBytes.u64s(value))).isTrue();
    try (BpfObject object = open.load();
        BpfLink link = object.programs().getFirst().attach()) {
      assertThat(link).isNotNull();
      BpfMap map = TestRows.map(object, "kaddr_seen_total");
      // The program runs at the entry of every system call, including those that read the map.
      List<TestRows.Row> rows = List.of();
      for (int i = 0; i < 1000 && !rows.equals(List.of(TestRows.Row.of(u32s(0), value))); i++) {
        rows = TestRows.readAll(map);
      }
      assertThat(rows).containsExactly(TestRows.Row.of(u32s(0), value));
    }
  }

  @Test
  void setsNoGlobalThatIsNotThereOrHasAnotherSize() throws BpfException {
    try (OpenBpfObject open = open("globals")) {
      assertThat(open.setGlobal("kaddr_no_such_symbol", new byte[8])).isFalse();
      assertThat(open.setGlobal("kaddr_vfs_read", new byte[8])).isFalse();
    }
    try (OpenBpfObject open = open("maps-only")) {
      assertThat(open.setGlobal("kaddr_schedule", new byte[8])).as("no globals at all").isFalse();
    }
  }

  @Test
  void aMapTakesMemoryThatIsMadeWithIt() throws BpfException {
    try (OpenBpfObject open = open("lazy-maps")) {
      assertThat(memory(open, "lazy_hash")).isEqualTo(16L << 20);
      assertThat(memory(open, "eager_hash")).isEqualTo(4104L << 30);
      assertThat(memory(open, "trie")).isZero();
    }
    try (OpenBpfObject open = open("maps-only")) {
      assertThat(memory(open, "array_u64")).isEqualTo(8 * (4 + 8));
      assertThat(memory(open, "percpu_array_u64")).isEqualTo(4 * (4 + 8L * Cpus.possible()));
    }
    try (OpenBpfObject open = open("ringbuf")) {
      assertThat(open.maps())
          .filteredOn(map -> map.type() == BpfMap.RINGBUF)
          .allMatch(map -> map.memory() == map.maxEntries());
    }
  }

  /** Prints the memory of a pinned map before and after a map of its name is pinned. */
  static final class Pinning {
    private Pinning() {}

    public static void main(String[] arguments) throws BpfException {
      String name = "ebpfagent_pinned_for_a_test";
      try (OpenBpfObject open = open("lazy-maps");
          BpfObject other = TestRows.load()) {
        System.out.println(memory(open, name));
        pin(other.map("small_total").orElseThrow(), "/sys/fs/bpf/" + name);
        System.out.println(memory(open, name));
      }
    }

    private static void pin(BpfMap map, String path) throws BpfException {
      // int bpf_obj_pin(int fd, const char *pathname)
      NativeFunction pin = Libbpf.function("bpf_obj_pin");
      try (Arena arena = Arena.ofConfined()) {
        assertThat(pin.asInt(map.fd(), arena.allocateFrom(path).address())).isZero();
      }
    }
  }

  @Test
  void aPinnedMapThatIsThereTakesNone() throws Exception {
    // Runs in a BPF file system of its own, which is removed with its mount namespace.
    assertThat(ChildJvm.run(ChildJvm.after("mount -t bpf bpf /sys/fs/bpf"), Pinning.class))
        .containsExactly(Long.toString(4104L << 30), "0");
  }

  private static long memory(OpenBpfObject open, String map) {
    return open.map(map).orElseThrow().memory();
  }

  @Test
  void optionalProgramsAreLeftOut() throws BpfException {
    try (OpenBpfObject open = open("optional-program")) {
      assertThat(open.programs()).extracting(BpfProgram::name).containsExactly("enter");
      try (BpfObject object = open.load()) {
        assertThat(object.programs()).extracting(BpfProgram::name).containsExactly("enter");
        object.programs().getFirst().attach().close();
      }
    }
  }

  @Test
  void optionalProgramsRunOnRequest() throws BpfException {
    try (OpenBpfObject open = open("optional-program")) {
      open.request(Set.of("leave", "of another object"));
      try (BpfObject object = open.load()) {
        assertThat(object.programs())
            .extracting(BpfProgram::name)
            .containsExactly("enter", "leave");
        object.programs().getLast().attach().close();
      }
    }
  }

  @Test
  void aMapWithAnEntryForEachCpuGetsItsSizeWithItsObject() throws BpfException {
    try (OpenBpfObject open = open("events")) {
      BpfMap map = open.map("events_total").orElseThrow();
      assertThat(map.maxEntries()).isZero();
      open.load().close();
      assertThat(map.maxEntries()).isEqualTo(Cpus.possible());
    }
  }
}
