// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/** The server's end of a connection, and since when it is in which state. */
final class Client extends SocketChannelEndPoint {
  /** Lifts the turns of clients that have taken an answer above those of others. */
  private static final long KNOWN = 1L << 62;

  private final Clients clients;

  /** When the first byte of a request came that isn't whole yet; 0 for none. */
  private volatile long askingSince;

  private volatile long idleSince = System.nanoTime();

  /** That of the request to come; 0 until its first byte is there, but for a connection's first. */
  private volatile long turn;

  private volatile boolean known;

  Client(
      SocketChannel channel,
      ManagedSelector selector,
      SelectionKey key,
      Scheduler scheduler,
      Clients clients) {
    super(channel, selector, key, scheduler);
    this.clients = clients;
    this.turn = clients.nextTurn();
  }

  /** The client at the other end, however what is sent to it is wrapped. */
  static Client of(EndPoint end) {
    EndPoint inner = end;
    while (inner instanceof EndPoint.Wrapper wrapper) {
      inner = wrapper.unwrap();
    }
    return (Client) inner;
  }

  @Override
  public int fill(ByteBuffer buffer) throws IOException {
    int filled = super.fill(buffer);
    if (filled > 0 && askingSince == 0) {
      askingSince = System.nanoTime() | 1;
      if (turn == 0) {
        turn = clients.nextTurn();
      }
    }
    return filled;
  }

  /** The request is whole. */
  void asked() {
    askingSince = 0;
  }

  /** The turn of the request that is whole. */
  long takeTurn() {
    long mine = turn == 0 ? clients.nextTurn() : turn;
    turn = 0;
    return known ? KNOWN | mine : mine;
  }

  /** An answer was taken. */
  void idle() {
    known = true;
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
