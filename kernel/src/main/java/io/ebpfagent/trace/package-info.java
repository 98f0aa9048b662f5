// SPDX-License-Identifier: Apache-2.0
/**
 * From ring buffer records to spans: reads, decodes, gives each its ids and its place in time, and
 * hands them to a {@link io.ebpfagent.trace.SpanSink} in batches. Imports config, bpf, attach and
 * decode. Called by the façade; sinks are those of standalone, agent and extension.
 */
@NullMarked
package io.ebpfagent.trace;

import org.jspecify.annotations.NullMarked;
