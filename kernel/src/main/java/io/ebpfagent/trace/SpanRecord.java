// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A finished span. Ids are lower-case hex and never all zeros.
 *
 * @param traceId 32 digits
 * @param spanId 16 digits
 * @param parentSpanId 16 digits; null for the first span of a trace
 * @param startEpochNanos nanoseconds since 1970
 * @param endEpochNanos nanoseconds since 1970
 * @param values of the source's attributes, in their order
 */
public record SpanRecord(
    SpanSource source,
    String name,
    String traceId,
    String spanId,
    @Nullable String parentSpanId,
    long startEpochNanos,
    long endEpochNanos,
    List<String> values) {}
