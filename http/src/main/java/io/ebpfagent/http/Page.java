// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.io.IOException;

/** A page at a path. Called by many threads, with GET or HEAD. */
@FunctionalInterface
public interface Page {
  /**
   * Answers by {@link Exchange#send} or {@link Exchange#open}.
   *
   * @throws IOException when the client is gone, which is not logged, or when the page's contents
   *     are not available; then the client gets status 500 or a visibly incomplete answer
   */
  void answer(Exchange exchange) throws IOException;
}
