// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import io.ebpfagent.log.Log;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All connections. A new one is always accepted: when there are too many, the one that has been
 * idle for the longest time is closed, or if none has been for a second, one that waits for an
 * answer.
 */
final class Clients {
  /** Pause between two attempts when no connection can be closed, in nanoseconds. */
  private static final long WAIT_NANOS = 10_000_000;

  /** For so long a new connection is left its time to ask, in nanoseconds. */
  private static final long FRESH_NANOS = 1_000_000_000;

  /** Connections that there is room for, however few file descriptors there are. */
  private static final int FEWEST = 8;

  private final Limits limits;

  /** Closes a connection that waits for an answer; returns false when there is none. */
  private final BooleanSupplier giveUp;

  private final Log log;

  /**
   * Connections without a complete request, the longest idle first, and since when by {@link
   * System#nanoTime}.
   */
  private final Map<Closeable, Long> idle = new LinkedHashMap<>();

  private final Set<Client> busy = new HashSet<>();

  /** How many connections may be open. */
  private int most;

  private boolean stopping;

  Clients(Limits limits, BooleanSupplier giveUp, Log log) {
    this.limits = limits;
    this.most = limits.connections();
    this.giveUp = giveUp;
    this.log = log;
  }

  /** Adds an accepted connection, and closes others until there is room for it. */
  void admit(SocketChannel channel) {
    synchronized (this) {
      idle.put(channel, System.nanoTime());
    }
    while (isFull()) {
      closeSome(channel);
    }
  }

  private synchronized boolean isFull() {
    return size() > most && !stopping;
  }

  /**
   * Closes a connection, whichever is needed least.
   *
   * @param newest is not closed; null for no exception
   */
  private void closeSome(@Nullable Closeable newest) {
    if (!closeOldest(newest, FRESH_NANOS) && !giveUp.getAsBoolean() && !closeOldest(newest, 0)) {
      LockSupport.parkNanos(WAIT_NANOS);
    }
  }

  /** Lets fewer connections be open from now on, because no more could be accepted. */
  void beFewer(IOException reason) {
    int open;
    int before;
    int now;
    synchronized (this) {
      open = size();
      before = most;
      now = Math.max(FEWEST, Math.min(before, open) * 3 / 4);
      most = now;
    }
    if (now < before) {
      log.warning(
          "a connection could not be accepted (%s); no more than %s are kept from now on"
              .formatted(reason.getMessage(), now));
    }
    for (int i = open / 4; i >= 0; i--) {
      closeSome(null);
    }
  }

  /**
   * Closes the connection that has been idle for the longest time.
   *
   * @param longer for how long it must have been, in nanoseconds, unless half of all are idle
   * @return false when there is none
   */
  private boolean closeOldest(@Nullable Closeable except, long longer) {
    Closeable oldest;
    synchronized (this) {
      Iterator<Map.Entry<Closeable, Long>> all = idle.entrySet().iterator();
      if (!all.hasNext()) {
        return false;
      }
      Map.Entry<Closeable, Long> first = all.next();
      oldest = first.getKey();
      boolean keep = System.nanoTime() - first.getValue() < longer && idle.size() <= most / 2;
      if (keep || oldest.equals(except)) {
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
    if (idle.remove(channel) == null) {
      throw new IOException("closed in favour of another");
    }
    idle.put(client, System.nanoTime());
  }

  synchronized void failed(SocketChannel channel) {
    idle.remove(channel);
  }

  /**
   * Records that a complete request came; returns false when the connection has just been closed.
   */
  synchronized boolean asked(Client client) {
    client.asked();
    return idle.remove(client) != null && busy.add(client);
  }

  /** Records that the whole answer was handed to the operating system. */
  void answered(Client client) {
    boolean close;
    synchronized (this) {
      if (!busy.remove(client)) {
        return;
      }
      client.answered();
      idle.put(client, System.nanoTime());
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
    Map<Closeable, Long> candidates;
    synchronized (this) {
      candidates = Map.copyOf(idle);
    }
    candidates.forEach(
        (connection, since) -> {
          String reason =
              connection instanceof Client client ? client.overdue(now, since, limits) : null;
          if (reason != null) {
            log.debug("connection closed: " + reason);
            close(connection);
          }
        });
  }

  /** Closes idle connections, and from now on every connection that becomes idle. */
  void stop() {
    List<Closeable> all;
    synchronized (this) {
      stopping = true;
      all = List.copyOf(idle.keySet());
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
