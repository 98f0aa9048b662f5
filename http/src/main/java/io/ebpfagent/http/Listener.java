// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.io.IOException;
import java.net.Socket;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.AbstractConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/** Accepts connections in a separate thread, as fast as there is room for them. */
final class Listener extends ServerConnector {
  /**
   * Size in bytes of the system's send buffer for a client that doesn't read; the system's default
   * would allow 4 MB. It is enough for 2.5 MB a second to a client that is 100 ms away.
   */
  private static final int SEND_BYTES = 256 * 1024;

  private final Clients clients;

  /**
   * @param tls null for none
   */
  Listener(Server server, Clients clients, SslContextFactory.@Nullable Server tls) {
    super(server, null, null, null, 1, 1, AbstractConnectionFactory.getFactories(tls, http()));
    this.clients = clients;
    setAcceptorPriorityDelta(0);
    setAcceptedSendBufferSize(SEND_BYTES);
    // Clients and Answers close idle and slow connections.
    setIdleTimeout(0);
    addBean(
        new SelectorManager.AcceptListener() {
          @Override
          public void onAcceptFailed(SelectableChannel channel, Throwable cause) {
            clients.failed((SocketChannel) channel);
          }
        });
  }

  private static HttpConnectionFactory http() {
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setSendServerVersion(false);
    // Java copies heap buffers into direct buffers of its own, which it keeps anyway.
    configuration.setUseInputDirectByteBuffers(false);
    configuration.setUseOutputDirectByteBuffers(false);
    // A scraper may ask by an address that the certificate hasn't; to mind is the client's part.
    configuration.addCustomizer(new SecureRequestCustomizer(false));
    return new HttpConnectionFactory(configuration);
  }

  @Override
  protected void configure(Socket socket) {
    super.configure(socket);
    clients.admit(socket.getChannel());
  }

  @Override
  protected SocketChannelEndPoint newEndPoint(
      SocketChannel channel, ManagedSelector selector, SelectionKey key) throws IOException {
    Client client = new Client(channel, selector, key, getScheduler(), clients);
    clients.arrived(channel, client);
    return client;
  }

  @Override
  protected boolean handleAcceptFailure(@Nullable Throwable failure) {
    if (!isOpen()) {
      return false;
    }
    if (failure instanceof IOException reason) {
      // Too few file descriptors, most likely.
      clients.beFewer(reason);
      return true;
    }
    return super.handleAcceptFailure(failure);
  }

  /** Runs a task in the thread that waits for requests. */
  void wake(Runnable task) {
    getSelectorManager().getBean(ManagedSelector.class).submit(selector -> task.run());
  }
}
