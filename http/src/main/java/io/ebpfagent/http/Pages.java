// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import io.ebpfagent.log.Log;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Finds the page for a request, and passes it to a thread that may wait. */
final class Pages extends Handler.Abstract.NonBlocking {
  /** What a question whether the server lives has on requests for other pages. */
  private static final Duration PROBE = Duration.ofSeconds(10);

  private final Map<String, Page> pages = new HashMap<>();
  private final Set<Page> probes;
  private final Clients clients;
  private final Answers answers;
  private final Gate gate;
  private final Log log;

  Pages(
      Map<String, Page> own,
      BooleanSupplier ready,
      Gate gate,
      Clients clients,
      Answers answers,
      Log log) {
    this.gate = gate;
    this.clients = clients;
    this.answers = answers;
    this.log = log;
    Page healthy = exchange -> exchange.send(200, Exchange.TEXT, "healthy\n");
    Page readiness = exchange -> readiness(exchange, ready.getAsBoolean());
    pages.put("/healthz", healthy);
    pages.put("/-/healthy", healthy);
    pages.put("/-/ready", readiness);
    pages.putAll(own);
    probes = Set.of(healthy, readiness);
  }

  private static void readiness(Exchange exchange, boolean ready) throws IOException {
    exchange.send(ready ? 200 : 503, Exchange.TEXT, ready ? "ready\n" : "not ready\n");
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    Client client = Client.of(request.getConnectionMetaData().getConnection().getEndPoint());
    Page page = page(request, response);
    if (clients.asked(client)) {
      answers.submit(
          new Answer(
              exchange -> {
                if (gate.admits(exchange)) {
                  page.answer(exchange);
                }
              },
              probes.contains(page) ? PROBE : Duration.ZERO,
              client,
              request,
              response,
              callback,
              clients,
              log));
    } else {
      callback.failed(new EofException("the connection is closed"));
    }
    return true;
  }

  private Page page(Request request, Response response) {
    String path = Request.getPathInContext(request);
    Page page = path == null ? null : pages.get(path);
    if (page == null && path != null && path.startsWith("/")) {
      return exchange -> exchange.send(404, Exchange.TEXT, "404 page not found\n");
    }
    if (page == null || !request.getMethod().matches("GET|HEAD")) {
      response.getHeaders().put(HttpHeader.ALLOW, "GET, HEAD");
      // The request's body is not read, and what follows CONNECT is not HTTP.
      response.getHeaders().put(HttpHeader.CONNECTION, "close");
      return exchange -> exchange.send(405, Exchange.TEXT, ErrorPage.text(405));
    }
    return page;
  }
}
