// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

/**
 * State of a ring buffer that is read.
 *
 * @param records number of records read so far, including those that could not be decoded
 * @param decodeErrors number of records that could not be decoded
 * @param fullest the largest fraction of the buffer, 0 to 1, that was in use within the last minute
 *     or two
 */
public record RingState(
    String config, String ringbuf, long records, long decodeErrors, double fullest) {}
