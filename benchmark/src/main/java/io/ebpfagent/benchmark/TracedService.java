// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Scanner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.h2.jdbcx.JdbcConnectionPool;

/**
 * A service under load: a virtual thread for each request, which computes for some tens of
 * microseconds and waits for nothing, or with {@code -Dquery=true} lists what a database in its
 * memory has. For an empty line on its input it says how many bytes live in its heap, for {@code
 * on} and {@code off} it switches what the extension does, see {@link ProgramSwitch}, and with that
 * input it ends.
 */
final class TracedService {
  /** What replies on its output begin with. */
  static final String REPLY = "reply ";

  private static final int ROUNDS = 8;
  private static final int ITEMS = 10_000;
  private static final int LISTED = 20;

  private TracedService() {}

  /**
   * Runs it.
   *
   * @param arguments how many threads are in spans and stay there
   */
  public static void main(String[] arguments) throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
    server.createContext("/", Boolean.getBoolean("query") ? items() : TracedService::answer);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    standStill(Integer.parseInt(arguments[0]));
    System.out.println("port " + server.getAddress().getPort());
    try (Scanner lines = new Scanner(System.in, StandardCharsets.UTF_8)) {
      while (lines.hasNextLine()) {
        System.out.println(REPLY + reply(lines.nextLine()));
      }
    }
    System.exit(0);
  }

  private static long reply(String line) throws Exception {
    if (!line.isEmpty()) {
      ProgramSwitch.set(line.equals("on"));
      return 0;
    }
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] answer = new byte[1_024];
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (int i = 0; i < ROUNDS; i++) {
        System.arraycopy(digest.digest(answer), 0, answer, 0, digest.getDigestLength());
      }
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    } catch (NoSuchAlgorithmException e) {
      throw new IOException(e);
    }
  }

  private static HttpHandler items() throws SQLException {
    JdbcConnectionPool pool =
        JdbcConnectionPool.create("jdbc:h2:mem:items;DB_CLOSE_DELAY=-1", "", "");
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create table items (id int primary key, name varchar, price int)");
      statement.execute(
          "insert into items select x, 'item ' || x, x from system_range(1, %d)".formatted(ITEMS));
    }
    AtomicInteger next = new AtomicInteger();
    return exchange -> {
      try (exchange) {
        int first = next.addAndGet(LISTED) % ITEMS;
        byte[] answer = list(pool, first).getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(200, answer.length);
        exchange.getResponseBody().write(answer);
      } catch (SQLException e) {
        throw new IOException(e);
      }
    };
  }

  private static String list(JdbcConnectionPool pool, int first) throws SQLException {
    StringBuilder list = new StringBuilder(1_024);
    try (Connection connection = pool.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "select id, name, price from items where id between ? and ? order by id")) {
      statement.setInt(1, first + 1);
      statement.setInt(2, first + LISTED);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          list.append(rows.getInt(1)).append(' ').append(rows.getString(2));
          list.append(' ').append(rows.getInt(3)).append('\n');
        }
      }
    }
    return list.toString();
  }

  private static void standStill(int threads) throws InterruptedException {
    CountDownLatch there = new CountDownLatch(threads);
    for (int i = 0; i < threads; i++) {
      Context context =
          Context.root()
              .with(GlobalOpenTelemetry.getTracer("benchmark").spanBuilder("span").startSpan());
      Thread.ofPlatform()
          .daemon()
          .stackSize(64 << 10)
          .start(
              () -> {
                try (Scope scope = context.makeCurrent()) {
                  assert scope != null;
                  there.countDown();
                  new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
    }
    there.await();
  }
}
