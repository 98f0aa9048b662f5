// SPDX-License-Identifier: Apache-2.0
/**
 * A small service with the OpenTelemetry javaagent and the extension, and what its slowest request
 * waited for. Imports nothing of ours. Run by {@code make otel-demo}.
 */
@NullMarked
package io.ebpfagent.demo;

import org.jspecify.annotations.NullMarked;
