// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import java.io.IOException;
import java.io.UncheckedIOException;

/** A {@link WaitingApp} that is run by a virtual thread. */
final class VirtualApp {
  private VirtualApp() {}

  public static void main(String[] arguments) throws InterruptedException {
    Thread.ofVirtual().start(() -> run(arguments)).join();
  }

  private static void run(String[] arguments) {
    try {
      WaitingApp.main(arguments);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
