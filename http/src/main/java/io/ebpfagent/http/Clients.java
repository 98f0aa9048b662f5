// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import io.ebpfagent.log.Log;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All connections. A new one is let in whatever it takes: when there are too many, the one that has
 * been idle for longest is closed.
 */
final class Clients {
  /** When no connection is idle, this long passes between two looks for one. */
  private static final long WAIT_MILLIS = 10;

  private final Limits limits;
  private final Log log;

  /** Connections on which no whole request has come, the longest idle first. */
  private final Set<Closeable> idle = new LinkedHashSet<>();

  private final Set<Client> busy = new HashSet<>();
  private boolean stopping;

  Clients(Limits limits, Log log) {
    this.limits = limits;
    this.log = log;
  }

  /** Makes room for a connection that was accepted; waits while none is idle. */
  void admit(SocketChannel channel) {
    synchronized (this) {
      idle.add(channel);
    }
    Closeable surplus = surplus();
    if (surplus != null) {
      close(surplus);
    }
  }

  private synchronized @Nullable Closeable surplus() {
    while (idle.size() + busy.size() > limits.connections() && !stopping) {
      if (idle.size() > 1) {
        return removeOldest();
      }
      try {
        wait(WAIT_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return null;
      }
    }
    return null;
  }

  private Closeable removeOldest() {
    Iterator<Closeable> oldest = idle.iterator();
    Closeable found = oldest.next();
    oldest.remove();
    return found;
  }

  /** Gives a descriptor back, when there are none left. */
  void closeOldest() {
    Closeable oldest;
    synchronized (this) {
      oldest = idle.isEmpty() ? null : removeOldest();
    }
    if (oldest != null) {
      close(oldest);
    }
  }

  private void close(Closeable connection) {
    try {
      connection.close();
    } catch (IOException e) {
      log.log(Log.Level.DEBUG, "close a connection", e);
    }
  }

  /** The connection that was accepted can be spoken to. */
  synchronized void arrived(SocketChannel channel, Client client) throws IOException {
    if (!idle.remove(channel)) {
      throw new IOException("closed in favour of another");
    }
    idle.add(client);
  }

  synchronized void failed(SocketChannel channel) {
    idle.remove(channel);
    notifyAll();
  }

  /** A whole request came; false where the connection has just been closed. */
  synchronized boolean asked(Client client) {
    client.asked();
    return idle.remove(client) && busy.add(client);
  }

  /** All of its answer was handed to the system. */
  void answered(Client client) {
    boolean close;
    synchronized (this) {
      if (!busy.remove(client)) {
        return;
      }
      client.idle();
      idle.add(client);
      close = stopping;
      notifyAll();
    }
    if (close) {
      client.shutdownOutput();
    }
  }

  synchronized void gone(Client client) {
    idle.remove(client);
    busy.remove(client);
    notifyAll();
  }

  /** Closes those that were idle for too long, or ask for too long. */
  void tick() {
    long now = System.nanoTime();
    List<Client> candidates = new ArrayList<>();
    synchronized (this) {
      for (Closeable connection : idle) {
        if (connection instanceof Client client) {
          candidates.add(client);
        }
      }
    }
    for (Client client : candidates) {
      String reason = client.overdue(now, limits);
      if (reason != null) {
        log.debug("connection closed: " + reason);
        client.close();
      }
    }
  }

  /** Closes what is idle, and from now on what becomes so. */
  void stop() {
    List<Closeable> all;
    synchronized (this) {
      stopping = true;
      all = List.copyOf(idle);
      notifyAll();
    }
    all.forEach(this::close);
  }

  synchronized int size() {
    return idle.size() + busy.size();
  }
}
