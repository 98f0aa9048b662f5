// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.channels.ServerSocketChannel;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests and their answers. */
final class HttpServerTest {
  private static final String REST = "\r\nHost: h\r\nConnection: close\r\n\r\n";

  private static final String DATE = "Date: .*\r\n";

  private final AtomicBoolean ready = new AtomicBoolean(true);
  private TestServer server;

  @BeforeEach
  void start() throws IOException {
    server = new TestServer(HttpServer.builder().answers(8).ready(ready::get));
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  @Test
  void pages() throws IOException {
    assertThat(server.get("/"))
        .startsWith("HTTP/1.1 200 OK\r\n")
        .contains("Content-Type: text/html; charset=utf-8\r\n", "Content-Length: 9\r\n")
        .doesNotContain("Server:")
        .endsWith("\r\n\r\n<p>Ã¼</p>");
    assertThat(server.get("/small"))
        .contains("Transfer-Encoding: chunked\r\n", "Vary: Accept, Accept-Encoding\r\n")
        .doesNotContain("Content-Length")
        .contains("\r\n\r\n64\r\n0123456789\n")
        .endsWith("\r\n0\r\n\r\n");
    assertThat(server.get("/absent")).startsWith("HTTP/1.1 404 ").endsWith("404 page not found\n");
    assertThat(server.get("/echo?name[]=a&name%5B%5D=b%20c&x")).endsWith("/echo[a, b c]");
    assertThat(server.get("/echo?")).endsWith("/echo[]");
  }

  @Test
  void health() throws IOException {
    for (String path : new String[] {"/-/healthy", "/healthz"}) {
      assertThat(server.get(path)).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\nhealthy\n");
    }
    assertThat(server.get("/-/ready")).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\nready\n");
    ready.set(false);
    assertThat(server.get("/-/ready")).startsWith("HTTP/1.1 503 ").endsWith("\r\n\r\nnot ready\n");
    assertThat(server.get("/-/healthy")).startsWith("HTTP/1.1 200 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CONNECT /small HTTP/1.1\r\nHost: h",
        "GET /small HTTP/1.1\r\nHost: [h",
        "GET /small HTTP/1.1\r\nHost: h\r\nHost: g",
        "GET /small%zz HTTP/1.1\r\nHost: h",
        "GET /small HTTP/1.1\r\nHost: h\r\nX\u0001: y"
      })
  void aBadRequestIsItsClientsAlone(String request) throws IOException {
    assertThat(server.ask(request + "\r\nConnection: close\r\n\r\n")).startsWith("HTTP/1.1 4");
    assertThat(server.get("/small")).startsWith("HTTP/1.1 200 ");
    assertThat(server.log).isEmpty();
  }

  @Test
  void compressed() throws IOException {
    String answer = server.ask("GET /small HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n");
    assertThat(answer).contains("Content-Encoding: gzip\r\n");
    byte[] body = answer.substring(answer.indexOf("\r\n\r\n") + 4).getBytes(ISO_8859_1);
    assertThat(new GZIPInputStream(new ByteArrayInputStream(body)).readAllBytes()).hasSize(100);
    assertThat(server.get("/small", "Accept-Encoding: gzip;q=0"))
        .doesNotContain("Content-Encoding");
  }

  /** HEAD has the same header as GET, except for what can't be known in advance, and no body. */
  @ParameterizedTest
  @ValueSource(strings = {"/", "/small", "/absent", "/-/healthy", "/broken", "/nothing"})
  void head(String path) throws IOException {
    for (String header : new String[] {"", "\r\nAccept-Encoding: gzip"}) {
      String get = server.ask("GET " + path + " HTTP/1.1" + header + REST);
      String head = server.ask("HEAD " + path + " HTTP/1.1" + header + REST);
      assertThat(head.replaceFirst(DATE, ""))
          .isEqualTo(get.substring(0, get.indexOf("\r\n\r\n") + 4).replaceFirst(DATE, ""));
    }
    assertThat(server.ask("HEAD " + path + " HTTP/1.0\r\n\r\n"))
        .endsWith("\r\n\r\n")
        .doesNotContain("Content-Length: 0");
  }

  @Test
  void headHasNoLengthWhereGetHasNone() throws IOException {
    assertThat(server.ask("HEAD /big HTTP/1.0\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ")
        .doesNotContain("Content-Length");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST /",
        "PUT /small",
        "OPTIONS /",
        "OPTIONS *",
        "TRACE /",
        "FOO /",
        "DELETE /-/healthy",
        "CONNECT h:80"
      })
  void otherMethods(String request) throws IOException {
    assertThat(server.ask(request + " HTTP/1.1" + REST))
        .startsWith("HTTP/1.1 405 ")
        .contains("\r\nAllow: GET, HEAD\r\n")
        .endsWith("405 method not allowed\n");
  }

  /** A body that never comes is not waited for. */
  @Test
  void bodiesAreNotRead() throws IOException {
    assertThat(server.ask("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\nx"))
        .startsWith("HTTP/1.1 405 ");
    assertThat(server.ask("GET / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 9" + REST))
        .startsWith("HTTP/1.1 200 ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          400 bad request                     | GET
          400 bad request                     | GET / HTTP/1.1
          400 bad request                     | GET /..;/ HTTP/1.1~Host: h
          400 bad request                     | GET /%zz HTTP/1.1~Host: h
          400 bad request                     | GET /echo?x=%zz HTTP/1.1~Host: h
          400 bad request                     | GET / HTTP/1.1~Host: h~Content-Length: x
          400 bad request                     | GET / HTTP/1.1~Host: h~Transfer-Encoding: x
          414 uri too long                    | GET /LONG HTTP/1.1~Host: h
          417 expectation failed              | GET / HTTP/1.1~Host: h~Expect: x
          431 request header fields too large | GET / HTTP/1.1~Host: h~X: LONG
          500 server error                    | GET /broken HTTP/1.1~Host: h
          500 server error                    | GET /nothing HTTP/1.1~Host: h
          505 http version not supported      | GET / HTTP/3.7~Host: h
          505 http version not supported      | PRI * HTTP/2.0
          505 http version not supported      | GET /
          """)
  void errorsAreOurs(String text, String request) throws IOException {
    String answer =
        server.ask(
            request.replace("~", "\r\n").replace("LONG", "a".repeat(20_000))
                + "\r\nConnection: close\r\n\r\n");
    assertThat(answer)
        .startsWith("HTTP/1.1 " + text.substring(0, 4))
        .contains("Content-Type: text/plain; charset=utf-8\r\n")
        .endsWith("\r\n\r\n" + text + "\n");
    assertThat(answer.toLowerCase(Locale.ROOT))
        .doesNotContain("jetty", "<html", "exception", "\tat ");
  }

  /** An incomplete answer must be recognizable, by its chunks or, without chunks, by a reset. */
  @ParameterizedTest
  @ValueSource(strings = {"/broken-late", "/unfinished"})
  void halfAnswersAreCut(String path) {
    for (String version : new String[] {"1.0", "1.1"}) {
      assertThatThrownBy(() -> server.ask("GET " + path + " HTTP/" + version + REST))
          .isInstanceOf(SocketException.class);
    }
    assertThat(server.logs("ERROR answer http://h" + path)).isTrue();
  }

  @Test
  void aClientThatLeavesIsNoError() throws IOException {
    for (Socket deaf : server.deaf(4, "/big")) {
      assertThat(deaf.getInputStream().read()).isEqualTo('H');
      deaf.setSoLinger(true, 0);
      deaf.close();
    }
    TestServer.await("gone", () -> server.server.connections() == 0);
    assertThat(server.log).isEmpty();
  }

  @Test
  void listensOnAChannelThatIsHandedIn() throws IOException {
    ServerSocketChannel channel =
        ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    try (HttpServer other = HttpServer.builder().channel(channel).build()) {
      other.start();
      assertThat(other.address()).isEqualTo(channel.getLocalAddress());
    }
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void aPortThatIsTaken() {
    assertThatThrownBy(
            () ->
                HttpServer.builder()
                    .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()))
                    .build())
        .isInstanceOf(BindException.class);
  }

  @Test
  void closesWithoutEverHavingStarted() throws IOException {
    HttpServer other =
        HttpServer.builder()
            .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .build();
    other.close();
    other.close();
  }
}
