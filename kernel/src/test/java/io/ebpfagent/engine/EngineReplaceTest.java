// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.KernelTest;
import io.ebpfagent.OpenDescriptors;
import io.ebpfagent.TestObjects;
import io.ebpfagent.attach.AttachedConfig;
import io.ebpfagent.config.Config;
import io.ebpfagent.rows.RowCursor;
import io.ebpfagent.rows.RowSource;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Replacing a plan, with real programs. */
@KernelTest
@Timeout(120)
final class EngineReplaceTest extends EngineTestCase {
  @Test
  void replacingKeepsWhatDidNotChange() throws Exception {
    try (Engine engine = Engine.start(plan(config("kept"), switches("gone")).build())) {
      put(engine, "kept", 1, 11);
      AttachedConfig before = attached(engine, "kept");
      RowSource gone = attached(engine, "gone").rows("switches_total");
      engine.replace(plan(config("kept"), config("new")).build());

      assertThat(attached(engine, "kept")).isSameAs(before);
      assertThat(samples(engine, "hash_u64")).containsExactly("hash_u64{a=\"1\",b=\"0\"} 11");
      assertThat(engine.configs()).extracting(ConfigState::name).containsExactly("kept", "new");
      assertThat(samples(engine, "switches_total")).isEmpty();
      assertThat(gone.open()).isSameAs(RowCursor.EMPTY);
    }
  }

  @Test
  void replacingStartsAnewWhatChanged() throws Exception {
    try (Engine engine = Engine.start(plan(switches("two")).build())) {
      AttachedConfig before = attached(engine, "two");
      Config otherText = TestObjects.config("two", "two-programs", SWITCHES + "# changed\n");
      engine.replace(plan(otherText).build());
      AttachedConfig after = attached(engine, "two");
      assertThat(after).isNotSameAs(before);
      engine.replace(plan(otherText).global("any", 1).build());
      assertThat(attached(engine, "two")).isNotSameAs(after);
    }
  }

  @Test
  void aPlanThatCannotBeRunChangesNothing() throws Exception {
    try (Engine engine = Engine.start(plan(config("one"), switches("two")).build())) {
      put(engine, "one", 1, 11);
      AttachedConfig one = attached(engine, "one");
      AttachedConfig two = attached(engine, "two");
      int descriptors = OpenDescriptors.count();
      Config bad = withObject(config("bad"), throwing(new OutOfMemoryError("a test's")));

      assertThatThrownBy(() -> engine.replace(plan(switches("new"), bad).build()))
          .isInstanceOf(EngineException.class)
          .hasMessageStartingWith("the plan can't be run, and the one before goes on: bad: ");
      assertThat(attached(engine, "one")).isSameAs(one);
      assertThat(attached(engine, "two")).isSameAs(two);
      assertThat(samples(engine, "hash_u64")).containsExactly("hash_u64{a=\"1\",b=\"0\"} 11");
      assertThat(OpenDescriptors.count()).isEqualTo(descriptors);
    }
  }

  @Test
  void aPlanThatLosesAProgramChangesNothing() throws Exception {
    Config probes =
        TestObjects.config(
            "probes", "substituted", "metrics: {counters: [{name: calls_total, help: Calls}]}");
    EnginePlan plan = plan(probes).substitution("thelibrary", libc().toString()).build();
    try (Engine engine = Engine.start(plan)) {
      AttachedConfig before = attached(engine, "probes");
      int descriptors = OpenDescriptors.count();
      assertThatThrownBy(() -> engine.replace(plan(probes).build()))
          .isInstanceOf(EngineException.class)
          .hasMessageContainingAll("probes:on_call does not attach", "probes:on_return");
      assertThat(attached(engine, "probes")).isSameAs(before);
      assertThat(OpenDescriptors.count()).isEqualTo(descriptors);
    }
  }

  @Test
  void aClosedEngineTakesNoPlan() {
    Engine engine = Engine.start(plan(config("one")).build());
    engine.close();
    assertThatThrownBy(() -> engine.replace(plan().build()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the engine is closed");
    assertThatThrownBy(() -> engine.pin(Path.of("/sys/fs/bpf/x"), null))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the engine is closed");
  }
}
