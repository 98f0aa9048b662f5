// SPDX-License-Identifier: Apache-2.0

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A small shop that has the troubles of a large one: orders are written to disk one by one, under a
 * lock that all wait for; what was sold lately fills the heap; and a report takes all of a CPU.
 */
final class Demo {
  private static final int BUYERS = 8;
  private static final int ORDERS_REMEMBERED = 2_000;
  private static final int ORDER_BYTES = 8 << 10;
  private static final long REPORT_MILLIS = 300;

  private final ReentrantLock journalLock = new ReentrantLock();
  private final FileChannel journal;
  private final Deque<byte[]> recent = new ArrayDeque<>();

  private Demo(Path journalFile) throws IOException {
    journal =
        FileChannel.open(
            journalFile,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
  }

  /** Takes an order, and answers when it can't get lost any more. */
  private void order() throws IOException {
    byte[] order = new byte[ORDER_BYTES];
    journalLock.lock();
    try {
      journal.write(ByteBuffer.wrap(order), 0);
      journal.force(true);
      recent.addLast(order);
      if (recent.size() > ORDERS_REMEMBERED) {
        recent.removeFirst();
      }
    } finally {
      journalLock.unlock();
    }
  }

  /** Counts what nobody will read. */
  private static double report() {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(REPORT_MILLIS);
    double sum = 0;
    while (System.nanoTime() < end) {
      sum += Math.sqrt(sum + 1);
    }
    return sum;
  }

  private HttpServer serve(ExecutorService threads) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/order",
        exchange -> {
          order();
          byte[] answer = "thank you\n".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    server.setExecutor(threads);
    server.start();
    return server;
  }

  private static void buy(URI shop) {
    while (true) {
      try {
        shop.toURL().openStream().readAllBytes();
        TimeUnit.MILLISECONDS.sleep(20);
      } catch (IOException e) {
        System.err.println("an order failed: " + e);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  public static void main(String[] args) throws Exception {
    Demo shop = new Demo(Files.createTempFile("demo", ".journal"));
    HttpServer server =
        shop.serve(Executors.newCachedThreadPool(Thread.ofPlatform().name("shop-", 1).factory()));
    URI order = URI.create("http://localhost:" + server.getAddress().getPort() + "/order");
    for (int i = 1; i <= BUYERS; i++) {
      Thread.ofPlatform().name("buyer-" + i).start(() -> buy(order));
    }
    Thread.ofPlatform()
        .name("report")
        .start(
            () -> {
              while (report() > 0) {
                Thread.yield();
              }
            });
    System.out.println("the shop is open: " + order);
  }
}
