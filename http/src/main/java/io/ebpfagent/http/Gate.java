// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.io.IOException;

/** Decides who may have an answer. Called by many threads, before whatever page was asked for. */
@FunctionalInterface
public interface Gate {
  /** Lets everyone in. */
  Gate OPEN = exchange -> true;

  /**
   * Whether the page is to answer; where not, this has answered.
   *
   * @throws IOException when the client is gone
   */
  boolean admits(Exchange exchange) throws IOException;
}
