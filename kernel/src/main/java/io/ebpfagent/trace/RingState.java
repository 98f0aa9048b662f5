// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

/**
 * What is known of a ring buffer that is read.
 *
 * @param records read so far, those that could not be decoded included
 * @param decodeErrors records that could not be decoded
 * @param fullest the part of the buffer, 0 to 1, that was in use at most within the last minute or
 *     two
 */
public record RingState(
    String config, String ringbuf, long records, long decodeErrors, double fullest) {}
