// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import io.ebpfagent.log.Log;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.jspecify.annotations.Nullable;

/**
 * Serves pages over HTTP/1.1. No client can hold up another: see {@link Limits}. The server adds
 * {@code /-/healthy}, {@code /healthz} and {@code /-/ready}, unless pages have these paths.
 */
public final class HttpServer implements AutoCloseable {
  private static final int BACKLOG = 1024;

  /** Timeouts at a stop: for answers in progress, and for stalled ones. */
  private static final Duration STOP = Duration.ofSeconds(1);

  private static final Duration STOP_STALLED = Duration.ofMillis(100);

  private final Log log;
  private final SocketAddress address;
  private final Server server;
  private final Listener listener;
  private final Clients clients;
  private final ServerSocketChannel channel;
  private final Answers answers;
  private final IoThreads io;
  private final ScheduledThreadPoolExecutor timer;
  private final Limits limits;

  private HttpServer(Builder builder, ServerSocketChannel channel) throws IOException {
    log = builder.log;
    this.channel = channel;
    limits = builder.limits;
    address = channel.getLocalAddress();
    LogProvider.to(log);
    io = new IoThreads(new NamedThreads(builder.threads, "io"));
    timer = new ScheduledThreadPoolExecutor(1, new NamedThreads(builder.threads, "timer"));
    timer.setRemoveOnCancelPolicy(true);
    answers = new Answers(limits, new NamedThreads(builder.threads, "answer"), timer, log);
    clients = new Clients(limits, answers::cutAny, log);
    server = new Server(io, new ScheduledExecutorScheduler(timer), ByteBufferPool.NON_POOLING);
    server.setHandler(new Pages(builder.pages, builder.ready, builder.gate, clients, answers, log));
    server.setErrorHandler(new ErrorPage());
    listener = new Listener(server, clients, builder.tls == null ? null : builder.tls.open());
    server.addConnector(listener);
    listener.open(channel);
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Returns the address on which the server listens. */
  public SocketAddress address() {
    return address;
  }

  /**
   * Starts to answer requests.
   *
   * @throws IOException when the server can't start
   */
  public void start() throws IOException {
    try {
      JettySetup.take(
          () -> {
            server.start();
            return server;
          });
    } catch (Exception e) {
      throw new IOException("start the HTTP server: " + e.getMessage(), e);
    }
    long millis = limits.tick().toMillis();
    Future<?> unused =
        timer.scheduleWithFixedDelay(this::tick, millis, millis, TimeUnit.MILLISECONDS);
  }

  private void tick() {
    try {
      clients.tick();
      answers.tick();
    } catch (RuntimeException | Error e) {
      // An exception would end the periodic calls.
      log.log(Log.Level.ERROR, "look after HTTP clients", e);
    }
  }

  /**
   * Whether requests are answered: a test job must pass in time from the thread that waits for
   * requests to one that answers them, and the answers in progress must not hang. The job uses no
   * connection and does not queue behind waiting answers, so that clients can't influence the
   * result.
   */
  public boolean works(Duration within) throws InterruptedException {
    CountDownLatch answered = new CountDownLatch(1);
    if (!listener.isOpen() || !server.isRunning()) {
      return false;
    }
    listener.wake(() -> answers.submitUrgent(answered::countDown));
    return answered.await(within.toNanos(), TimeUnit.NANOSECONDS) && !answers.hang();
  }

  /** Number of connections whose request is not answered yet. */
  int busy() {
    return clients.busy();
  }

  /** Number of open connections. */
  int connections() {
    return clients.size();
  }

  /** Stops listening, waits a second for answers in progress, and cuts the others. */
  @Override
  public void close() {
    try {
      // What follows may fail, for want of memory, say. The port is free then.
      channel.close();
    } catch (IOException e) {
      log.log(Log.Level.WARNING, "close the HTTP server's socket", e);
    }
    try {
      stop();
    } finally {
      io.close();
      timer.shutdownNow();
    }
  }

  private void stop() {
    listener.close();
    clients.stop();
    if (server.isRunning() && !answers.finish(STOP, STOP_STALLED)) {
      log.info("answers not sent within %s ms were cut off".formatted(STOP.toMillis()));
    }
    try {
      server.stop();
    } catch (Exception e) {
      log.log(Log.Level.WARNING, "stop the HTTP server", e);
    }
  }

  /** Settings of a server. An address or a channel is required; the rest is optional. */
  public static final class Builder {
    /**
     * Default number of answers at once. More would only take memory, because these keep the CPUs
     * busy.
     */
    private static final int ANSWERS =
        Math.max(4, Math.min(8, 2 * Runtime.getRuntime().availableProcessors()));

    private final Map<String, Page> pages = new HashMap<>();
    private Log log = Log.NONE;
    private ThreadFactory threads = Builder::thread;
    private BooleanSupplier ready = () -> true;
    private Limits limits = Limits.of(ANSWERS);
    private Gate gate = Gate.OPEN;
    private @Nullable Tls tls;
    private @Nullable InetSocketAddress address;
    private @Nullable ServerSocketChannel channel;

    private Builder() {}

    private static Thread thread(Runnable task) {
      Thread thread = new Thread(null, task, "ebpf-http", 0, false);
      thread.setContextClassLoader(null);
      return thread;
    }

    /** Sets the log for the server's lines and Jetty's warnings. */
    public Builder log(Log target) {
      log = target;
      return this;
    }

    /** Sets the address to listen on; port 0 is any free port. */
    public Builder address(InetSocketAddress where) {
      address = where;
      return this;
    }

    /** Sets a bound socket to listen on; the server closes it in the end. */
    public Builder channel(ServerSocketChannel bound) {
      channel = bound;
      return this;
    }

    /**
     * Sets the factory of threads. The server names them, makes them daemons, and does not set
     * their context class loader.
     */
    public Builder threads(ThreadFactory factory) {
      threads = factory;
      return this;
    }

    /** Sets what {@code /-/ready} reports; true by default. */
    public Builder ready(BooleanSupplier isReady) {
      ready = isReady;
      return this;
    }

    /**
     * Sets how many answers may be in progress at once, with a thread for each; 4 to 8 by default.
     */
    public Builder answers(int most) {
      return limits(Limits.of(most));
    }

    Builder limits(Limits others) {
      limits = others;
      return this;
    }

    /** Sets who may have answers; everyone if left out. */
    public Builder gate(Gate decides) {
      gate = decides;
      return this;
    }

    /** Encrypts connections; without it, or with null, they are plain. */
    public Builder tls(@Nullable Tls how) {
      tls = how;
      return this;
    }

    /** Adds a page at a path, such as {@code /metrics}. */
    public Builder page(String path, Page page) {
      pages.put(path, page);
      return this;
    }

    /**
     * Creates a server that listens but does not answer before {@link #start}.
     *
     * @throws IOException when it can't listen on the address
     */
    public HttpServer build() throws IOException {
      ServerSocketChannel listening = channel == null ? ServerSocketChannel.open() : channel;
      try {
        if (channel == null) {
          listening.bind(address, BACKLOG);
        }
        return JettySetup.take(() -> new HttpServer(this, listening));
      } catch (IOException | RuntimeException | Error e) {
        listening.close();
        throw e;
      }
    }
  }
}
