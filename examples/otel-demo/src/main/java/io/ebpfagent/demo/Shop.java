// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Executors;

/**
 * A service that takes orders: it asks another for what is in stock (itself, here), and answers
 * when the order is safe on disk. A thread for each request, and nothing of OpenTelemetry's or ours
 * in it.
 */
final class Shop {
  private static final int RECEIPT_BYTES = 128 << 10;

  /** In the folder that the process is started in. */
  private static final String DATABASE = "jdbc:h2:file:./shop;WRITE_DELAY=0";

  private final HttpClient client = HttpClient.newHttpClient();
  private final HttpServer server;

  private Shop() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/orders", this::order);
    server.createContext("/stock", Shop::stock);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
  }

  public static void main(String[] arguments) throws Exception {
    Shop shop = new Shop();
    // As long as one connection is there, so is the database.
    try (Connection open = DriverManager.getConnection(DATABASE);
        Statement statement = open.createStatement()) {
      statement.execute("CREATE TABLE orders (id IDENTITY, receipt VARBINARY(1000000))");
      shop.server.start();
      System.out.println("port " + shop.server.getAddress().getPort());
      // Until whoever started it is gone.
      System.in.transferTo(OutputStream.nullOutputStream());
    }
    System.exit(0);
  }

  private void order(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] order = exchange.getRequestBody().readAllBytes();
      askStock();
      try (Connection connection = DriverManager.getConnection(DATABASE);
          PreparedStatement insert =
              connection.prepareStatement("INSERT INTO orders (receipt) VALUES (?)");
          Statement sync = connection.createStatement()) {
        byte[] receipt = new byte[RECEIPT_BYTES];
        System.arraycopy(order, 0, receipt, 0, order.length);
        insert.setBytes(1, receipt);
        insert.executeUpdate();
        sync.execute("CHECKPOINT SYNC");
        exchange.sendResponseHeaders(200, -1);
      } catch (SQLException e) {
        exchange.sendResponseHeaders(500, -1);
        e.printStackTrace();
      }
    }
  }

  private void askStock() throws IOException {
    int port = server.getAddress().getPort();
    URI uri = URI.create("http://127.0.0.1:%d/stock".formatted(port));
    try {
      client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.discarding());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private static void stock(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.sendResponseHeaders(200, -1);
    }
  }
}
