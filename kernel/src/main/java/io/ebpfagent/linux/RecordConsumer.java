// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

/** Receives the records of a buffer that the kernel shares. */
@FunctionalInterface
public interface RecordConsumer {
  /**
   * Accepts one record: {@code bytes[0, length)}, overwritten by the next. The kernel pads records
   * of perf event arrays: up to 7 bytes at the end are not the program's.
   */
  void accept(byte[] bytes, int length);
}
