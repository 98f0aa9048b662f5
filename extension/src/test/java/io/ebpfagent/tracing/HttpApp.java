// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import org.apache.catalina.Context;
import org.apache.catalina.Wrapper;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.threads.VirtualThreadExecutor;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.VirtualThreads;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * An application with HTTP servers of several kinds. Whoever works for a request says which trace
 * that one is of: as the request's own header has it, which nobody but the client wrote. A line on
 * stdin asks for the counts, or restarts carriers.
 */
final class HttpApp {
  private static final int SAYS_TRACE = 9;
  private static final int ASKS = 5;

  /** How many tasks of nobody's each pool is given, before the counts are asked for. */
  static final int NOBODYS = 16;

  private static final FileChannel CHANNEL = open();
  private static final ExecutorService LATER = Executors.newFixedThreadPool(4);

  private HttpApp() {}

  private static FileChannel open() {
    try {
      return FileChannel.open(Path.of("/proc/self/exe"));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /**
   * Says which trace the thread works for.
   *
   * @param traceparent as the client sent it; null for none
   */
  static void say(@Nullable String traceparent) {
    long truth =
        traceparent == null ? 0 : Long.parseUnsignedLong(traceparent.substring(19, 35), 16) >>> 1;
    read(SAYS_TRACE, truth);
  }

  private static void read(int size, long position) {
    try {
      CHANNEL.read(ByteBuffer.allocate(size), position);
    } catch (IOException e) {
      System.out.println("failed: " + e);
    }
  }

  /**
   * Works for a request: among others it waits, for long enough to be a kernel span. One wait may
   * end at once, where an earlier unpark of the thread is left over or where it lost its CPU on the
   * way; not both.
   */
  @SuppressWarnings("ThreadPriorityCheck") // other requests are to come in between
  static void work(@Nullable String traceparent) {
    say(traceparent);
    LockSupport.parkNanos(2_000_000);
    LockSupport.parkNanos(2_000_000);
    Thread.yield();
    say(traceparent);
  }

  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    tomcat("tomcat", folder.resolve("1"), null);
    tomcat("tomcat-virtual", folder.resolve("2"), new VirtualThreadExecutor("tomcat-"));
    jetty("jetty", null);
    jetty("jetty-virtual", VirtualThreads.getDefaultVirtualThreadsExecutor());
    System.out.println("netty " + NettyServer.start());
    // Until one was seen to leave its carrier, virtual threads are in no span for the kernel.
    Thread.ofVirtual().start(Thread::yield).join();
    System.out.println("ready");
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.startsWith("carriers")) {
        restartCarriers();
      }
      workForNobody(LATER);
      workForNobody(NettyServer.WORKERS);
      read(ASKS, 0);
      System.out.println("done " + line);
    }
    System.exit(0);
  }

  private static void workForNobody(ExecutorService pool) throws Exception {
    List<Future<?>> tasks = new ArrayList<>();
    for (int i = 0; i < NOBODYS; i++) {
      tasks.add(pool.submit(() -> say(null)));
    }
    for (Future<?> task : tasks) {
      task.get();
    }
  }

  // --- Tomcat
  // -------------------------------------------------------------------------------------

  private static void tomcat(String name, Path folder, @Nullable Executor threads)
      throws Exception {
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(folder.toString());
    Connector connector = new Connector();
    connector.setPort(0);
    connector.setProperty("address", "127.0.0.1");
    connector.setProperty("maxKeepAliveRequests", "-1");
    connector.setProperty("maxThreads", "12");
    if (threads != null) {
      connector.getProtocolHandler().setExecutor(threads);
    }
    tomcat.setConnector(connector);
    Context context = tomcat.addContext("", new File("/").getAbsolutePath());
    add(context, "plain", new Plain());
    add(context, "async", new Async());
    tomcat.start();
    System.out.println(name + " " + connector.getLocalPort());
  }

  private static void add(Context context, String name, HttpServlet servlet) {
    Wrapper wrapper = Tomcat.addServlet(context, name, servlet);
    wrapper.setAsyncSupported(true);
    wrapper.addMapping("/" + name);
  }

  private static final class Plain extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      work(request.getHeader("traceparent"));
    }
  }

  /** Goes on in another thread, which hands it back to the container, which dispatches anew. */
  private static final class Async extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
      String traceparent = request.getHeader("traceparent");
      work(traceparent);
      if (request.getDispatcherType() == DispatcherType.ASYNC) {
        return;
      }
      AsyncContext context = request.startAsync();
      LATER.execute(
          () -> {
            work(traceparent);
            context.dispatch();
          });
      say(traceparent);
    }
  }

  // --- Jetty
  // --------------------------------------------------------------------------------------

  private static void jetty(String name, @Nullable Executor virtualThreads) throws Exception {
    QueuedThreadPool pool = new QueuedThreadPool(12, 4);
    pool.setVirtualThreadsExecutor(virtualThreads);
    Server server = new Server(pool);
    ServerConnector connector = new ServerConnector(server);
    connector.setHost(InetAddress.getLoopbackAddress().getHostAddress());
    server.addConnector(connector);
    ServletContextHandler servlets = new ServletContextHandler("/servlet");
    ServletHolder async = new ServletHolder(new Async());
    async.setAsyncSupported(true);
    servlets.addServlet(async, "/async");
    Handler direct =
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback) {
            String traceparent = request.getHeaders().get("traceparent");
            work(traceparent);
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, 0);
            if (request.getHttpURI().getPath().equals("/async")) {
              LATER.execute(
                  () -> {
                    work(traceparent);
                    callback.succeeded();
                  });
              say(traceparent);
            } else {
              callback.succeeded();
            }
            return true;
          }
        };
    server.setHandler(new Handler.Sequence(servlets, direct));
    server.start();
    System.out.println(name + " " + connector.getLocalPort());
  }

  // --- Carriers
  // -----------------------------------------------------------------------------------

  /** Virtual threads on pools of carriers that come and go, each thread in spans of its own. */
  private static void restartCarriers() throws Exception {
    // Nothing of the JDK's is public that does.
    var builder =
        Class.forName("java.lang.ThreadBuilders")
            .getDeclaredMethod(
                "newVirtualThread", Executor.class, String.class, int.class, Runnable.class);
    builder.setAccessible(true);
    for (int round = 0; round < 6; round++) {
      try (ForkJoinPool carriers = new ForkJoinPool(2)) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
          threads.add(
              (Thread) builder.invoke(null, carriers, "v" + i, 0, (Runnable) HttpApp::nest));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
          thread.join();
        }
      }
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // other threads are to come in between
  private static void nest() {
    for (int i = 0; i < 10; i++) {
      Truth.say();
      try (Truth.Attached outer = Truth.enter()) {
        assert outer != null;
        Truth.say();
        Thread.yield();
        try (Truth.Attached inner = Truth.enter()) {
          assert inner != null;
          Truth.say();
          LockSupport.parkNanos(100_000);
          Truth.say();
        }
        Truth.say();
      }
      Thread.yield();
      Truth.say();
    }
  }
}
