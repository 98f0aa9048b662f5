// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Tests that launch the packaged exporter, which loads programs into the kernel: they need root and
 * a kernel with BTF. Without these they are skipped, or fail where {@code
 * EBPFAGENT_REQUIRE_KERNEL=1}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("jvm")
@Timeout(120)
@ExtendWith(ProductTest.Condition.class)
@interface ProductTest {
  /** Whether this machine can run the product at all. */
  final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      String lacking = Machine.lacking();
      if (lacking == null) {
        return ConditionEvaluationResult.enabled("programs can be loaded");
      }
      if ("1".equals(System.getenv("EBPFAGENT_REQUIRE_KERNEL"))) {
        throw new IllegalStateException(
            "programs can't be loaded: " + lacking + ", and EBPFAGENT_REQUIRE_KERNEL=1");
      }
      return ConditionEvaluationResult.disabled(lacking);
    }
  }
}
