// SPDX-License-Identifier: Apache-2.0
/**
 * The engine's façade: {@link io.ebpfagent.engine.Engine}. Imports every package below it. Called
 * by the agent, the OpenTelemetry extension and the standalone exporter.
 */
@NullMarked
package io.ebpfagent.engine;

import org.jspecify.annotations.NullMarked;
