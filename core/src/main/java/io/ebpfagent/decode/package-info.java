// SPDX-License-Identifier: Apache-2.0
/**
 * From a map key's bytes to label values: a class for each decoder, a chain of decoders for each
 * label, a row of labels for each metric. Imports {@code config}, {@code kallsyms} and {@code
 * cgroup}. Called by {@code metrics} and {@code trace}.
 */
@NullMarked
package io.ebpfagent.decode;

import org.jspecify.annotations.NullMarked;
