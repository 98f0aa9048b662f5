// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

/** Events that programs sent and nobody has taken yet. Any thread may take them. */
public interface EventReader {
  /** Gets the events. */
  @FunctionalInterface
  interface Consumer {
    /**
     * One event: {@code bytes[0, length)}, overwritten by the next. The kernel pads it: up to 7
     * bytes at the end are not the program's.
     */
    void accept(byte[] bytes, int length);
  }

  /**
   * Gives the events that are there now to {@code to}; none once the reader is closed.
   *
   * @return how many there were
   */
  int drain(Consumer to);

  /** How many events the kernel had no room for, so far. */
  long lost();
}
