// SPDX-License-Identifier: Apache-2.0
/**
 * From a config to programs that run in the kernel: open, set globals, load, attach, check maps.
 * Imports {@code config}, {@code bpf}, {@code kallsyms} and {@code cgroup}. Called by the exporter,
 * by {@code metrics} and by {@code trace}.
 */
@NullMarked
package io.ebpfagent.attach;

import org.jspecify.annotations.NullMarked;
