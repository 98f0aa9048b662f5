// SPDX-License-Identifier: Apache-2.0
/**
 * From a map key's bytes to label values: one class a decoder, chained by a label, rows of labels
 * by a config. Imports {@code config}, {@code kallsyms} and {@code cgroup}. Called by {@code
 * metrics} and {@code trace}.
 */
@NullMarked
package io.ebpfagent.decode;

import org.jspecify.annotations.NullMarked;
