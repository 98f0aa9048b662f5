package io.ebpfagent.attach;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Times the steps of one config: one ends where the next begins. */
final class StepTimer {
  private final String config;
  private final List<Step> steps;
  private @Nullable String name;
  private long begin;

  StepTimer(String config, List<Step> steps) {
    this.config = config;
    this.steps = steps;
  }

  void begin(String step) {
    end();
    name = step;
    begin = System.nanoTime();
  }

  void end() {
    end(null);
  }

  void failed(String failure) {
    end(failure);
  }

  private void end(@Nullable String failure) {
    if (name != null) {
      steps.add(new Step(config, name, begin, System.nanoTime(), failure));
      name = null;
    }
  }
}
