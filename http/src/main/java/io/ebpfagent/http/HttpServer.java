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
 * Serves pages over HTTP/1.1. No client can hold up another: see {@link Limits}. Beside the pages
 * there are {@code /-/healthy}, {@code /healthz} and {@code /-/ready}, unless a page is there.
 */
public final class HttpServer implements AutoCloseable {
  private static final int BACKLOG = 1024;

  /** At a stop, for answers under way, and for those that don't move. */
  private static final Duration STOP = Duration.ofSeconds(1);

  private static final Duration STOP_STALLED = Duration.ofMillis(100);

  private final Log log;
  private final SocketAddress address;
  private final Server server;
  private final Listener listener;
  private final Clients clients;
  private final Answers answers;
  private final IoThreads io;
  private final ScheduledThreadPoolExecutor timer;
  private final Limits limits;

  private HttpServer(Builder builder, ServerSocketChannel channel) throws IOException {
    log = builder.log;
    limits = builder.limits;
    address = channel.getLocalAddress();
    LogProvider.to(log);
    io = new IoThreads(new NamedThreads(builder.threads, "io"));
    timer = new ScheduledThreadPoolExecutor(1, new NamedThreads(builder.threads, "timer"));
    timer.setRemoveOnCancelPolicy(true);
    answers = new Answers(limits, new NamedThreads(builder.threads, "answer"), timer, log);
    clients = new Clients(limits, answers::cutLast, log);
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

  /** Where it listens. */
  public SocketAddress address() {
    return address;
  }

  /**
   * Begins to answer.
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
      // One that is thrown would be the last look at anything.
      log.log(Log.Level.ERROR, "look after HTTP clients", e);
    }
  }

  /**
   * Whether requests are answered: a question goes the way of one in time, from the thread that
   * hears of requests to one that answers them, and the answers under way don't hang. It goes past
   * connections and past those that wait, so that it isn't clients who decide.
   */
  public boolean works(Duration within) throws InterruptedException {
    CountDownLatch answered = new CountDownLatch(1);
    if (!listener.isOpen() || !server.isRunning()) {
      return false;
    }
    listener.wake(() -> answers.submitUrgent(new Question(answered)));
    return answered.await(within.toNanos(), TimeUnit.NANOSECONDS) && !answers.hang();
  }

  private record Question(CountDownLatch answered) implements Answers.Job {
    @Override
    public void run() {
      answered.countDown();
    }

    @Override
    public long turn() {
      return 0;
    }

    @Override
    public long stalled() {
      return 0;
    }

    @Override
    public void cut(String reason) {}
  }

  /** On how many an answer is due. */
  int busy() {
    return clients.busy();
  }

  /** How many are open. */
  int connections() {
    return clients.size();
  }

  /** Stops to listen, gives answers under way a second, and cuts the rest off. */
  @Override
  public void close() {
    listener.close();
    clients.stop();
    if (server.isRunning() && !answers.finish(STOP, STOP_STALLED)) {
      log.info("answers not sent within %d ms were cut off".formatted(STOP.toMillis()));
    }
    try {
      server.stop();
    } catch (Exception e) {
      log.log(Log.Level.WARNING, "stop the HTTP server", e);
    }
    io.close();
    timer.shutdownNow();
  }

  /** What a server is made of. An address or a channel is needed, the rest may be left out. */
  public static final class Builder {
    /** More would only hold memory: the CPUs have enough to do with these. */
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

    /** Where the server's lines go, and Jetty's warnings. */
    public Builder log(Log target) {
      log = target;
      return this;
    }

    /** Listens there; port 0 is any that is free. */
    public Builder address(InetSocketAddress where) {
      address = where;
      return this;
    }

    /** Listens on a socket that is bound, and closes it in the end. */
    public Builder channel(ServerSocketChannel bound) {
      channel = bound;
      return this;
    }

    /** Makes the threads, which are then named and made daemons; they are given no context. */
    public Builder threads(ThreadFactory factory) {
      threads = factory;
      return this;
    }

    /** What {@code /-/ready} says; true if left out. */
    public Builder ready(BooleanSupplier isReady) {
      ready = isReady;
      return this;
    }

    /** How many answers may be under way at once, with a thread each; 4 to 8 if left out. */
    public Builder answers(int most) {
      return limits(Limits.of(most));
    }

    Builder limits(Limits others) {
      limits = others;
      return this;
    }

    /** Who may have answers; everyone if left out. */
    public Builder gate(Gate decides) {
      gate = decides;
      return this;
    }

    /** Encrypts connections; without it, or with null, they are plain. */
    public Builder tls(@Nullable Tls how) {
      tls = how;
      return this;
    }

    /** A page at a path, such as {@code /metrics}. */
    public Builder page(String path, Page page) {
      pages.put(path, page);
      return this;
    }

    /**
     * Listens; nobody is answered before {@link #start}.
     *
     * @throws IOException when the address can't be had
     */
    public HttpServer build() throws IOException {
      ServerSocketChannel listening = channel == null ? ServerSocketChannel.open() : channel;
      try {
        if (channel == null) {
          listening.bind(address, BACKLOG);
        }
        return JettySetup.take(() -> new HttpServer(this, listening));
      } catch (IOException | RuntimeException e) {
        listening.close();
        throw e;
      }
    }
  }
}
