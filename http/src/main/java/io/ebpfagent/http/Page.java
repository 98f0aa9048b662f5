// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.io.IOException;

/** What is at a path. Called by many threads, with GET or HEAD. */
@FunctionalInterface
public interface Page {
  /**
   * Answers by {@link Exchange#send} or {@link Exchange#open}.
   *
   * @throws IOException when the client is gone, which nobody need know, or when the page itself
   *     can't be had: the client then gets a 500, or an answer that is visibly cut
   */
  void answer(Exchange exchange) throws IOException;
}
