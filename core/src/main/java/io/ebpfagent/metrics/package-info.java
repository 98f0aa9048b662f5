/**
 * From map rows to series: read, decode, add up, write. Imports {@code config}, {@code bpf}, {@code
 * attach} and {@code decode}. Called by the exporter and by those who embed the engine.
 */
@NullMarked
package io.ebpfagent.metrics;

import org.jspecify.annotations.NullMarked;
