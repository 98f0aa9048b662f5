// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;

/**
 * Tests for a virtual machine that is theirs alone, with a kernel that can all that the product
 * asks for. The names of such classes end in VM, which only {@code make vmtest} looks for: on other
 * machines they would fail, or come in others' way. It also runs those of the *IT tests that have
 * the tag.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("vm")
@Timeout(240)
@interface GuestTest {}
