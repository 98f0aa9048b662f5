// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Skips or fails {@link KernelTest} where the kernel can't be used. */
public final class KernelCondition implements ExecutionCondition {
  // linux/capability.h
  private static final int CAP_SYS_ADMIN = 21;
  private static final int CAP_PERFMON = 38;
  private static final int CAP_BPF = 39;

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return decide(lacking(), "1".equals(System.getenv("EBPFAGENT_REQUIRE_KERNEL")));
  }

  static ConditionEvaluationResult decide(Optional<String> lacking, boolean required) {
    if (lacking.isEmpty()) {
      return ConditionEvaluationResult.enabled("programs can be loaded");
    }
    String reason = "programs can't be loaded into the kernel: " + lacking.get();
    if (required) {
      throw new IllegalStateException(reason + "; EBPFAGENT_REQUIRE_KERNEL=1 forbids to skip that");
    }
    return ConditionEvaluationResult.disabled(reason);
  }

  private static Optional<String> lacking() {
    try {
      return lacking(
          Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0),
          Files.readAllLines(Path.of("/proc/self/status")),
          Files.isReadable(Path.of("/sys/kernel/btf/vmlinux")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns what the tests need and this process lacks. */
  static Optional<String> lacking(boolean root, List<String> status, boolean btf) {
    if (!root) {
      return Optional.of("not root");
    }
    long effective =
        status.stream()
            .filter(line -> line.startsWith("CapEff:"))
            .map(line -> Long.parseUnsignedLong(line.substring("CapEff:".length()).strip(), 16))
            .findFirst()
            .orElse(0L);
    boolean mayLoad = has(effective, CAP_BPF) && has(effective, CAP_PERFMON);
    if (!mayLoad && !has(effective, CAP_SYS_ADMIN)) {
      return Optional.of("root without CAP_BPF and CAP_PERFMON");
    }
    return btf ? Optional.empty() : Optional.of("no /sys/kernel/btf/vmlinux");
  }

  private static boolean has(long capabilities, int capability) {
    return (capabilities >>> capability & 1) == 1;
  }
}
