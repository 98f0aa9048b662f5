// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.benchmark;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Scanner;
import java.util.concurrent.Executors;

/**
 * An application that answers over HTTP: each request takes some tens of microseconds of CPU and
 * makes some garbage. For a line on its input it says how many bytes live in its heap.
 */
final class WebHost {
  private static final int THREADS = 16;
  private static final int ITEMS = 40;

  private WebHost() {}

  private static byte[] page(int seed) {
    StringBuilder text = new StringBuilder("[");
    int number = seed;
    for (int i = 0; i < ITEMS; i++) {
      number = number * 1_103_515_245 + 12_345;
      text.append("{\"id\":").append(i).append(",\"name\":\"item-").append(number).append("\"},\n");
    }
    return text.append("]\n").toString().getBytes(StandardCharsets.UTF_8);
  }

  public static void main(String[] args) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          byte[] page = page(exchange.getRequestURI().hashCode());
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    server.setExecutor(
        Executors.newFixedThreadPool(
            THREADS, Thread.ofPlatform().name("web-", 1).daemon().factory()));
    server.start();
    System.out.println("port " + server.getAddress().getPort());
    try (Scanner lines = new Scanner(System.in, StandardCharsets.UTF_8)) {
      while (lines.hasNextLine()) {
        lines.nextLine();
        System.gc();
        System.out.println(
            "heap " + ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
      }
    }
    server.stop(0);
  }
}
