// SPDX-License-Identifier: Apache-2.0
/**
 * Cgroup ids and their paths. Imports nothing of ours. Called by {@code decode} for labels and by
 * {@code attach} for maps of cgroup ids.
 */
@NullMarked
package io.ebpfagent.cgroup;

import org.jspecify.annotations.NullMarked;
