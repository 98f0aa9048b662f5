// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.attach;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A step of loading a config into the kernel: {@code open}, {@code load} or {@code attach}.
 *
 * @param begin start time, by {@link System#nanoTime}
 * @param end end time, by {@link System#nanoTime}
 * @param failure why it was the config's last step; null when it succeeded
 */
public record Step(String config, String name, long begin, long end, @Nullable String failure) {
  /** Times the steps of one config; each ends where the next begins. */
  static final class Timer {
    private final String config;
    private final List<Step> steps;
    private @Nullable String name;
    private long begin;

    /**
     * @param steps receives the steps as they end
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

    /** Ends the current step, if there is one. */
    void end(@Nullable String failure) {
      if (name != null) {
        steps.add(new Step(config, name, begin, System.nanoTime(), failure));
        name = null;
      }
    }
  }
}
