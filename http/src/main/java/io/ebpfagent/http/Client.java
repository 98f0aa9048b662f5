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
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/** The server's end of a connection, with what it has asked for and taken. */
final class Client extends SocketChannelEndPoint {
  /** As many bytes as are read to see whether the client has left. */
  private static final int AHEAD_BYTES = 256;

  private final ManagedSelector selector;
  private final Clients clients;

  /**
   * When the first byte of an incomplete request came, by {@link System#nanoTime}; 0 when there is
   * no such request.
   */
  private volatile long askingSince;

  private volatile boolean known;

  /** Bytes that were read already, of a request that is to come. Guarded by this. */
  private @Nullable ByteBuffer ahead;

  Client(
      SocketChannel channel,
      ManagedSelector selector,
      SelectionKey key,
      Scheduler scheduler,
      Clients clients) {
    super(channel, selector, key, scheduler);
    this.selector = selector;
    this.clients = clients;
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
    int filled = takeAhead(buffer);
    if (filled == 0) {
      filled = super.fill(buffer);
    }
    if (filled > 0 && askingSince == 0) {
      askingSince = System.nanoTime() | 1;
    }
    return filled;
  }

  private synchronized int takeAhead(ByteBuffer buffer) {
    if (ahead == null) {
      return 0;
    }
    int taken = BufferUtil.append(buffer, ahead);
    ahead = ahead.hasRemaining() ? ahead : null;
    return taken;
  }

  /** The selector knows of no bytes that were read already. */
  @Override
  protected void needsFillInterest() {
    boolean there;
    synchronized (this) {
      there = ahead != null;
    }
    if (there) {
      selector.submit(unused -> getFillInterest().fillable());
    } else {
      super.needsFillInterest();
    }
  }

  /**
   * Whether the client has closed its end, which nobody notices while its request waits. Only to be
   * called between a request and its answer, when nobody else reads.
   */
  synchronized boolean hasLeft() {
    if (ahead != null) {
      return false;
    }
    ByteBuffer bytes = ByteBuffer.allocate(AHEAD_BYTES);
    try {
      if (getChannel().read(bytes) < 0) {
        return true;
      }
    } catch (IOException e) {
      return true;
    }
    ahead = bytes.position() == 0 ? null : bytes.flip();
    return false;
  }

  /** Records that the request is complete. */
  void asked() {
    askingSince = 0;
  }

  /** Whether the client has taken an answer before. */
  boolean isKnown() {
    return known;
  }

  /** Records that the client has taken an answer. */
  void answered() {
    known = true;
  }

  /** Returns why an idle connection should be closed; null when it should not. */
  @Nullable String overdue(long now, long idleSince, Limits limits) {
    long asking = askingSince;
    if (asking != 0) {
      return now - asking > limits.header().toNanos() ? "its request does not end" : null;
    }
    return now - idleSince > limits.idle().toNanos() ? "it is idle" : null;
  }

  /**
   * Resets the connection, so that nothing more is sent and the client can't take what it has got
   * for a complete response.
   */
  void cut(String reason) {
    try {
      getChannel().setOption(StandardSocketOptions.SO_LINGER, 0);
    } catch (IOException | UnsupportedOperationException e) {
      // The connection is closed already.
    }
    close(new EofException(reason));
  }

  @Override
  public void onClose(@Nullable Throwable cause) {
    clients.gone(this);
    super.onClose(cause);
  }
}
