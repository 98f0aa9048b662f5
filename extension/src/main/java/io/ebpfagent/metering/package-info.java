// SPDX-License-Identifier: Apache-2.0
/**
 * The engine's metrics as OpenTelemetry's, in the application's own meter provider and exporters.
 * Imports {@code engine}, {@code metrics} and {@code context}. Called by {@code tracing}, which
 * starts the engine.
 */
@NullMarked
package io.ebpfagent.metering;

import org.jspecify.annotations.NullMarked;
