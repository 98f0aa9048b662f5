// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestObjects;
import io.ebpfagent.linux.Errno;
import io.ebpfagent.linux.NativeFunction;
import io.ebpfagent.log.Log;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@KernelTest
final class LibbpfLogTest {
  /** Keeps the lines of a level and above. */
  private record Lines(Log.Level from, List<String> lines) implements Log {
    Lines(Level from) {
      this(from, new ArrayList<>());
    }

    @Override
    public void log(Level level, String message, @Nullable Throwable thrown) {
      lines.add(level + " " + message);
    }

    @Override
    public boolean isLoggable(Level level) {
      return level.compareTo(from) >= 0;
    }
  }

  private final Lines debug = new Lines(Log.Level.DEBUG);
  private final Lines info = new Lines(Log.Level.INFO);

  private static OpenBpfObject open(String name, Log log) throws BpfException {
    return OpenBpfObject.open(name + ".bpf.o", TestObjects.bytes(name), null, log);
  }

  /** Makes libbpf log a warning outside of any capture. */
  private static void complain() {
    try (Arena arena = Arena.ofConfined()) {
      long result =
          Libbpf.function("bpf_object__open_mem")
              .pointerOrErrno(NativeFunction.address(arena.allocate(64)), 64, 0);
      assertThat(result).isNegative();
    }
  }

  @Test
  void aLackOfFileDescriptorsIsTheReason() {
    try (LibbpfLog said = LibbpfLog.capture(debug)) {
      assertThat(BpfException.explained("load a.bpf.o", Errno.EMFILE, said))
          .hasMessage(
              "load a.bpf.o: EMFILE (too many open files: raise the limit, ulimit -n or"
                  + " LimitNOFILE=)");
    }
  }

  @Test
  void allIsDebuggingToTheCaller() throws BpfException {
    open("two-programs", debug).load().close();

    assertThat(debug.lines).allMatch(line -> line.startsWith("DEBUG libbpf: "));
    // One of libbpf's own debug messages.
    assertThat(debug.lines).anyMatch(line -> line.contains("created successfully"));
  }

  @Test
  void whoDoesNotDebugHearsNothing() throws BpfException {
    open("two-programs", info).load().close();
    assertThatThrownBy(() -> open("rejected", info).load()).isInstanceOf(BpfException.class);

    assertThat(info.lines).isEmpty();
  }

  @Test
  void anExceptionHasWhatIsWorseThanDebugging() throws BpfException {
    OpenBpfObject rejected = open("rejected", debug);
    BpfException e = catchThrowableOfType(BpfException.class, rejected::load);

    assertThat(e.libbpfLog())
        .contains("libbpf: prog 'forgets_null_check': BPF program load failed")
        .doesNotContain("created successfully");
    assertThat(debug.lines)
        .anyMatch(line -> line.contains("created successfully"))
        .anyMatch(line -> line.startsWith("DEBUG libbpf: prog 'forgets_null_check': BPF program"));
  }

  @Test
  void whatIsSaidAfterAFailureIsNobodys() throws BpfException {
    assertThatThrownBy(() -> open("rejected", debug).load()).isInstanceOf(BpfException.class);
    try (BpfObject object = open("two-programs", debug).load()) {
      for (BpfProgram program : object.programs()) {
        if (program.name().equals("cannot_attach")) {
          assertThatThrownBy(program::attach).isInstanceOf(BpfException.class);
        }
      }
    }
    int said = debug.lines.size();
    complain();
    assertThat(debug.lines).hasSize(said);
  }

  @Test
  void aCaptureEndsWhateverIsThrown() {
    List<String> texts = new ArrayList<>();
    assertThatThrownBy(
            () -> {
              try (LibbpfLog said = LibbpfLog.capture(debug)) {
                complain();
                texts.add(said.text());
                throw new IllegalStateException("on the way");
              }
            })
        .hasMessage("on the way");
    assertThat(texts).singleElement().asString().startsWith("libbpf: ");
    int said = debug.lines.size();
    complain();
    assertThat(debug.lines).hasSize(said);
  }

  @ParameterizedTest
  @CsvSource({"0, true", "1, true", "2, false", "3, false"})
  void keepsWarningsAndInformation(int level, boolean kept) {
    try (Arena arena = Arena.ofConfined();
        LibbpfLog said = LibbpfLog.capture(debug)) {
      MemorySegment format = arena.allocateFrom("libbpf: 100%% \u00e9\n");
      MemorySegment noArguments = arena.allocate(32, 8);
      LibbpfLog.print(level, format.address(), noArguments.address());
      assertThat(said.text()).isEqualTo(kept ? "libbpf: 100% \u00e9\n" : "");
      assertThat(debug.lines).containsExactly("DEBUG libbpf: 100% \u00e9");
    }
  }
}
