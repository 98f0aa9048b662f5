// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/** The server's end of a connection, and since when it is in which state. */
final class Client extends SocketChannelEndPoint {
  private final Clients clients;

  /** When the first byte of a request came that isn't whole yet; 0 for none. */
  private volatile long askingSince;

  private volatile long idleSince = System.nanoTime();

  Client(
      SocketChannel channel,
      ManagedSelector selector,
      SelectionKey key,
      Scheduler scheduler,
      Clients clients) {
    super(channel, selector, key, scheduler);
    this.clients = clients;
  }

  @Override
  public int fill(ByteBuffer buffer) throws IOException {
    int filled = super.fill(buffer);
    if (filled > 0 && askingSince == 0) {
      askingSince = System.nanoTime() | 1;
    }
    return filled;
  }

  /** The request is whole. */
  void asked() {
    askingSince = 0;
  }

  void idle() {
    idleSince = System.nanoTime();
  }

  /** Why an idle connection should be closed; null when it shouldn't. */
  @Nullable String overdue(long now, Limits limits) {
    long asking = askingSince;
    if (asking != 0) {
      return now - asking > limits.header().toNanos() ? "its request does not end" : null;
    }
    return now - idleSince > limits.idle().toNanos() ? "it is idle" : null;
  }

  /** Ends the connection so that nobody takes what was sent for whole, and nothing more is sent. */
  void cut(String reason) {
    try {
      getChannel().setOption(StandardSocketOptions.SO_LINGER, 0);
    } catch (IOException | UnsupportedOperationException e) {
      // Closed already.
    }
    close(new EofException(reason));
  }

  @Override
  public void onClose(@Nullable Throwable cause) {
    clients.gone(this);
    super.onClose(cause);
  }
}
