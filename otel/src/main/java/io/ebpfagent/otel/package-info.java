// SPDX-License-Identifier: Apache-2.0
/**
 * Converts kernel spans to OpenTelemetry's span data, and sends them in large batches to a span
 * exporter. Imports {@code trace}, {@code engine} for its threads, and {@code log}. Called by the
 * standalone exporter and by the OpenTelemetry extension.
 */
@NullMarked
package io.ebpfagent.otel;

import org.jspecify.annotations.NullMarked;
