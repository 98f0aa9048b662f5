// SPDX-License-Identifier: Apache-2.0
/**
 * Kernel spans as OpenTelemetry's span data, in large batches to a span exporter. Imports {@code
 * trace}, {@code engine} for its threads, and {@code log}. Called by the standalone exporter and by
 * the OpenTelemetry extension.
 */
@NullMarked
package io.ebpfagent.otel;

import org.jspecify.annotations.NullMarked;
