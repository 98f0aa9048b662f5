// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static io.ebpfagent.NativeBytes.u32s;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestObjects;
import io.ebpfagent.linux.Errno;
import io.ebpfagent.log.Log;
import java.util.List;
import org.junit.jupiter.api.Test;

@KernelTest
final class BpfProgramTest {
  private static BpfObject load(String name) throws BpfException {
    return OpenBpfObject.open(name + ".bpf.o", TestObjects.bytes(name), null, Log.NONE).load();
  }

  private static BpfProgram program(BpfObject object, String name) {
    return object.programs().stream()
        .filter(program -> program.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void runsOnceWhenToldTo() throws BpfException {
    try (BpfObject object = load("post-attach")) {
      BpfProgram program = program(object, "post_attach_mark");
      BpfMap marks = TestRows.map(object, "marks_total");
      program.runOnce();
      assertThat(TestRows.readAll(marks)).containsExactly(TestRows.Row.of(u32s(0), 1));
      program.runOnce();
      assertThat(TestRows.readAll(marks)).containsExactly(TestRows.Row.of(u32s(0), 2));
    }
  }

  @Test
  void runsWhileItIsAttached() throws BpfException {
    try (BpfObject object = load("two-programs")) {
      BpfMap switches = TestRows.map(object, "switches_total");
      BpfLink link = program(object, "attaches").attach();
      for (int i = 0; i < 1000 && value(switches) == 0; i++) {
        letOthersRun();
      }
      assertThat(value(switches)).isPositive();
      link.close();
      link.close();
      // The program may still be running on another CPU.
      letOthersRun();
      long whenDetached = value(switches);
      letOthersRun();
      assertThat(value(switches)).isEqualTo(whenDetached);
    }
  }

  private static long value(BpfMap map) throws BpfException {
    return TestRows.readAll(map).getFirst().values().getFirst();
  }

  /** Starts a thread and waits for it, which causes at least one task switch. */
  private static void letOthersRun() {
    Thread thread = Thread.ofPlatform().start(() -> {});
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void saysWhyItIsNotAttached() throws BpfException {
    try (BpfObject object = load("two-programs")) {
      assertThatThrownBy(() -> program(object, "cannot_attach").attach())
          .isInstanceOfSatisfying(
              BpfException.class,
              e -> {
                assertThat(e)
                    .hasMessageStartingWith(
                        "attach program cannot_attach to raw_tp/no_such_tracepoint: ENOENT (");
                assertThat(e.errno()).isEqualTo(Errno.ENOENT);
              });
    }
  }

  @Test
  void knowsItsNumberAndTag() throws BpfException {
    try (BpfObject object = load("two-programs")) {
      List<BpfProgram.Info> infos =
          List.of(program(object, "attaches").info(), program(object, "cannot_attach").info());
      assertThat(infos).extracting(BpfProgram.Info::id).doesNotHaveDuplicates();
      assertThat(infos).allSatisfy(info -> assertThat(info.id()).isPositive());
      assertThat(infos).allSatisfy(info -> assertThat(info.tag()).matches("[0-9a-f]{16}"));
      assertThat(infos).extracting(BpfProgram.Info::tag).doesNotHaveDuplicates();
    }
  }

  @Test
  void hasNoInfoAfterTheObjectWasClosed() throws BpfException {
    BpfObject object = load("two-programs");
    BpfProgram program = program(object, "attaches");
    object.close();
    assertThatThrownBy(program::info)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("program attaches: its object is closed");
  }
}
