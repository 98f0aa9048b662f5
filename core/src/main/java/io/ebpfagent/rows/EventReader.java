// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.rows;

/** Reads events that programs sent. Thread-safe. */
public interface EventReader {
  /** Receives the events. */
  @FunctionalInterface
  interface Consumer {
    /**
     * Accepts one event: {@code bytes[0, length)}, overwritten by the next. The kernel pads events:
     * up to 7 bytes at the end are not the program's.
     */
    void accept(byte[] bytes, int length);
  }

  /**
   * Passes the events that are in the buffer to {@code to}; none if the reader is closed.
   *
   * @return the number of events
   */
  int drain(Consumer to);

  /** Number of events so far that the kernel had no room for. */
  long lost();
}
