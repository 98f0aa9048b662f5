// SPDX-License-Identifier: Apache-2.0
/**
 * The kernel's symbol table, by address and by name. Imports nothing of ours. Called by {@code
 * decode} for labels and by {@code attach} for the addresses that programs ask for.
 */
@NullMarked
package io.ebpfagent.kallsyms;

import org.jspecify.annotations.NullMarked;
