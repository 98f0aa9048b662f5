// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A part of bringing a config into the kernel: {@code open}, {@code load} or {@code attach}.
 *
 * @param begin when, by {@link System#nanoTime}
 * @param end when, by {@link System#nanoTime}
 * @param failure why it was the last of its config; null when it succeeded
 */
public record Step(String config, String name, long begin, long end, @Nullable String failure) {
  /** Times the steps of one config: one ends where the next begins. */
  static final class Timer {
    private final String config;
    private final List<Step> steps;
    private @Nullable String name;
    private long begin;

    /**
     * @param steps gets the steps as they end
     */
    Timer(String config, List<Step> steps) {
      this.config = config;
      this.steps = steps;
    }

    void begin(String step) {
      end(null);
      name = step;
      begin = System.nanoTime();
    }

    /** Ends the step that was begun last. */
    void end(@Nullable String failure) {
      if (name != null) {
        steps.add(new Step(config, name, begin, System.nanoTime(), failure));
        name = null;
      }
    }
  }
}
