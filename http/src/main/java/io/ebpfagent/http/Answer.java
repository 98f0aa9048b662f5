// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import io.ebpfagent.log.Log;
import java.io.IOException;
import java.time.Duration;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** A page's answer to one request, run as a job by a thread of {@link Answers}. */
final class Answer implements Answers.Job {
  /**
   * What a client that has read an answer before has on others: a scraper that keeps its connection
   * doesn't wait behind a rush of newcomers, and they don't wait for all such clients.
   */
  private static final Duration KNOWN = Duration.ofMillis(500);

  /**
   * After so long a wait it is seen whether the client has left. Few close their own direction
   * alone; they are told apart by nothing.
   */
  private static final long MAY_LEAVE_NANOS = 100_000_000;

  private final Page page;
  private final Client client;
  private final Request request;
  private final Response response;
  private final Callback callback;
  private final Clients clients;
  private final Log log;
  private final AnswerStream stream;
  private final boolean known;
  private final long asked = System.nanoTime();
  private final long turn;
  private volatile boolean begun;

  /**
   * @param start what the request has on others
   */
  Answer(
      Page page,
      Duration start,
      Client client,
      Request request,
      Response response,
      Callback callback,
      Clients clients,
      Log log) {
    this.page = page;
    this.client = client;
    this.request = request;
    this.response = response;
    this.callback = callback;
    this.clients = clients;
    this.log = log;
    this.stream = new AnswerStream(response, client);
    this.known = client.isKnown();
    this.turn = asked - start.plus(known ? KNOWN : Duration.ZERO).toNanos();
  }

  @Override
  public void run() {
    if (System.nanoTime() - asked > MAY_LEAVE_NANOS && client.hasLeft()) {
      cut("its client has left");
      return;
    }
    begun = true;
    Exchange exchange = new Exchange(request, response, stream);
    try {
      page.answer(exchange);
      if (!stream.isWhole()) {
        throw new IOException("the page did not finish its answer");
      }
      succeed();
    } catch (IOException | RuntimeException | Error e) {
      fail(exchange, e);
    }
  }

  /**
   * Marks the client as answered before the callback lets its next request in, because that one may
   * come at once.
   */
  private void succeed() {
    clients.answered(client);
    callback.succeeded();
  }

  private void fail(Exchange exchange, Throwable thrown) {
    if (!stream.isClientGone()) {
      int status = thrown instanceof HttpException bad ? bad.getCode() : 500;
      if (status >= 500) {
        log.log(Log.Level.ERROR, "answer " + request.getHttpURI(), thrown);
      }
      if (!response.isCommitted()) {
        response.reset();
        try {
          exchange.send(status, Exchange.TEXT, ErrorPage.text(status));
          succeed();
          return;
        } catch (IOException e) {
          thrown.addSuppressed(e);
        }
      }
      cut("the answer failed");
    }
    clients.answered(client);
    // Jetty does not log an EofException; everything worth logging was logged above.
    callback.failed(new EofException(thrown));
  }

  @Override
  public long turn() {
    return turn;
  }

  @Override
  public boolean isKnown() {
    return known;
  }

  @Override
  public long held() {
    return stream.held();
  }

  @Override
  public long taken() {
    return stream.taken();
  }

  @Override
  public long stalled() {
    return stream.stalled();
  }

  @Override
  public void cut(String reason) {
    log.debug("answer to " + client.getRemoteSocketAddress() + " cut: " + reason);
    client.cut(reason);
    if (!begun) {
      callback.failed(new EofException(reason));
    }
  }
}
