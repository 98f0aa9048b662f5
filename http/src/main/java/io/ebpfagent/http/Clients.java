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
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All connections. A new one is always accepted: when there are too many, the one that has been
 * idle for the longest time is closed, or if none is idle, the one that would wait longest for an
 * answer.
 */
final class Clients {
  /** Pause between two attempts when no connection can be closed, in nanoseconds. */
  private static final long WAIT_NANOS = 10_000_000;

  private final Limits limits;

  /** Closes a connection that waits for an answer; returns false when there is none. */
  private final BooleanSupplier giveUp;

  private final Log log;

  /** Connections without a complete request, the longest idle first. */
  private final Set<Closeable> idle = new LinkedHashSet<>();

  private final Set<Client> busy = new HashSet<>();
  private final AtomicLong turns = new AtomicLong();
  private boolean stopping;

  Clients(Limits limits, BooleanSupplier giveUp, Log log) {
    this.limits = limits;
    this.giveUp = giveUp;
    this.log = log;
  }

  long nextTurn() {
    return turns.incrementAndGet();
  }

  /** Adds an accepted connection, and closes others until there is room for it. */
  void admit(SocketChannel channel) {
    synchronized (this) {
      idle.add(channel);
    }
    while (isFull()) {
      if (!closeOldest(channel) && !giveUp.getAsBoolean()) {
        LockSupport.parkNanos(WAIT_NANOS);
      }
    }
  }

  private synchronized boolean isFull() {
    return size() > limits.connections() && !stopping;
  }

  /**
   * Closes the connection that has been idle for the longest time.
   *
   * @param except the newest connection, which is not closed; null for no exception
   * @return false when there is no idle connection
   */
  boolean closeOldest(@Nullable Closeable except) {
    Closeable oldest;
    synchronized (this) {
      Iterator<Closeable> all = idle.iterator();
      oldest = all.hasNext() ? all.next() : except;
      if (oldest == null || oldest.equals(except)) {
        return false;
      }
      all.remove();
    }
    close(oldest);
    return true;
  }

  private void close(Closeable connection) {
    try {
      connection.close();
    } catch (IOException e) {
      log.log(Log.Level.DEBUG, "close a connection", e);
    }
  }

  /**
   * Replaces an accepted channel by its end point.
   *
   * @throws IOException when the channel was closed to make room for another one
   */
  synchronized void arrived(SocketChannel channel, Client client) throws IOException {
    if (!idle.remove(channel)) {
      throw new IOException("closed in favour of another");
    }
    idle.add(client);
  }

  synchronized void failed(SocketChannel channel) {
    idle.remove(channel);
  }

  /**
   * Records that a complete request came; returns false when the connection has just been closed.
   */
  synchronized boolean asked(Client client) {
    client.asked();
    return idle.remove(client) && busy.add(client);
  }

  /** Records that the whole answer was handed to the operating system. */
  void answered(Client client) {
    boolean close;
    synchronized (this) {
      if (!busy.remove(client)) {
        return;
      }
      client.idle();
      idle.add(client);
      close = stopping;
    }
    if (close) {
      client.shutdownOutput();
    }
  }

  synchronized void gone(Client client) {
    idle.remove(client);
    busy.remove(client);
  }

  /**
   * Closes connections that have been idle for too long, or whose request takes too long; called
   * periodically.
   */
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

  /** Closes idle connections, and from now on every connection that becomes idle. */
  void stop() {
    List<Closeable> all;
    synchronized (this) {
      stopping = true;
      all = List.copyOf(idle);
    }
    all.forEach(this::close);
  }

  synchronized int busy() {
    return busy.size();
  }

  synchronized int size() {
    return idle.size() + busy.size();
  }
}
