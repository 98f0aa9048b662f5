// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Tests that launch the packaged extension, which loads programs into the kernel: they need root
 * and a kernel with BTF. Without, they are skipped, and fail where {@code
 * EBPFAGENT_REQUIRE_KERNEL=1}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("jvm")
@Timeout(400)
@ExtendWith(ExtensionTest.Condition.class)
@interface ExtensionTest {
  /** Whether this machine can run it at all. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      if (isRoot() && Files.isReadable(Path.of("/sys/kernel/btf/vmlinux"))) {
        return ConditionEvaluationResult.enabled("programs can be loaded");
      }
      String lacking = "not root, or no /sys/kernel/btf/vmlinux";
      if ("1".equals(System.getenv("EBPFAGENT_REQUIRE_KERNEL"))) {
        throw new IllegalStateException(lacking + ", and EBPFAGENT_REQUIRE_KERNEL=1");
      }
      return ConditionEvaluationResult.disabled(lacking);
    }

    private static boolean isRoot() {
      try {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
