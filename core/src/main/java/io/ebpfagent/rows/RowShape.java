// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

/**
 * What the rows of a map look like. A value is a {@code u64} in host byte order; a row of a per-CPU
 * map has one for each possible CPU.
 *
 * @param name the map's
 * @param keySize a key's bytes
 * @param perCpu whether each CPU has a value of its own
 * @param cpus how many values a row has: the possible CPUs of a per-CPU map, else 1
 * @param maxEntries how many rows the map may have
 * @param canFill whether a new key can find the map full: a hash that doesn't evict
 */
public record RowShape(
    String name, int keySize, boolean perCpu, int cpus, long maxEntries, boolean canFill) {}
