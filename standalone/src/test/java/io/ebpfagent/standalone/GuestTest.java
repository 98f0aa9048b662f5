// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/**
 * Tests for a virtual machine of their own, with a kernel that supports everything that the product
 * needs. The names of such classes end in VM, which only {@code make vmtest} runs: on other
 * machines they would fail or disturb others. It also runs the *IT tests that have the tag.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("vm")
@Timeout(240)
@interface GuestTest {}
