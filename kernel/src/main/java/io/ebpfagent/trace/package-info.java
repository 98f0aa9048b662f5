// SPDX-License-Identifier: Apache-2.0
/**
 * From ring buffer records to spans: reads and decodes records, adds ids and times, and passes the
 * spans to a {@link io.ebpfagent.trace.SpanSink} in batches. Imports config, bpf, attach and
 * decode. Called by the engine; standalone, agent and extension supply the sinks.
 */
@NullMarked
package io.ebpfagent.trace;

import org.jspecify.annotations.NullMarked;
