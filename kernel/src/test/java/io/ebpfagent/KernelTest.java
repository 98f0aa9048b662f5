// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test, or a class of tests, that loads programs into the running kernel. Without root and a
 * kernel with BTF it is skipped; where {@code EBPFAGENT_REQUIRE_KERNEL} is 1 it fails instead, so
 * that CI never counts a skipped tier as passed.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Tag("kernel")
@ExtendWith(KernelCondition.class)
public @interface KernelTest {}
