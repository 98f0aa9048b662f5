// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;

/**
 * A request and the means to answer it. Only the thread that was called with it may use it, until
 * the call returns.
 */
public final class Exchange {
  /** Content type of plain text. */
  public static final String TEXT = "text/plain; charset=utf-8";

  private final Request request;
  private final Response response;
  private final AnswerStream stream;

  Exchange(Request request, Response response, AnswerStream stream) {
    this.request = request;
    this.response = response;
    this.stream = stream;
  }

  /**
   * Returns GET or HEAD. A page can treat both alike, because the body of an answer to HEAD is not
   * sent.
   */
  public String method() {
    return request.getMethod();
  }

  /** Returns the path, decoded, without the query. */
  public String path() {
    return Request.getPathInContext(request);
  }

  /** Returns the values of a query parameter, decoded, in order. */
  public List<String> parameters(String name) {
    List<String> values = Request.extractQueryParameters(request).getValues(name);
    return values == null ? List.of() : values;
  }

  /** Returns a header's values, joined by commas; empty when there is none. */
  public String header(String name) {
    return String.join(",", request.getHeaders().getValuesList(name));
  }

  /** What was asked for, as it came. */
  public URI uri() {
    return request.getHttpURI().toURI();
  }

  /** Hands over each header's name and value. */
  public void forEachHeader(BiConsumer<String, String> taker) {
    request.getHeaders().forEach(field -> taker.accept(field.getName(), field.getValue()));
  }

  /** The client's end of the connection. */
  public InetSocketAddress remoteAddress() {
    return (InetSocketAddress) request.getConnectionMetaData().getRemoteSocketAddress();
  }

  /** The server's end of the connection. */
  public InetSocketAddress localAddress() {
    return (InetSocketAddress) request.getConnectionMetaData().getLocalSocketAddress();
  }

  /** Sets a header of the answer to come. */
  public void setHeader(String name, String value) {
    response.getHeaders().put(name, value);
  }

  /**
   * Whether the client prefers a special media type to the usual one; it must have named the
   * special one.
   *
   * @param special such as {@code application/openmetrics-text}, in lower case, without parameters
   */
  public boolean prefers(String special, String usual) {
    return new Preferences(header("Accept")).prefersType(special, usual);
  }

  /**
   * Sends an answer whose whole body is given.
   *
   * @throws IOException when the client is gone
   */
  public void send(int status, String contentType, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, bytes.length);
    stream.sendWhole(bytes);
  }

  /**
   * Begins an answer of status 200 and unknown length, compressed if the client accepts that.
   * Writes wait for the client. Closing the stream marks the answer as complete; an answer whose
   * stream isn't closed is cut.
   */
  public OutputStream open(String contentType) throws IOException {
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
    response.getHeaders().put(HttpHeader.VARY, "Accept, Accept-Encoding");
    if (request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_1) {
      // Also on a connection that is closed afterwards: its end alone would not show that
      // everything has arrived.
      response.getHeaders().put(HttpHeader.TRANSFER_ENCODING, "chunked");
    }
    if (!new Preferences(header("Accept-Encoding")).wantsCoding("gzip")) {
      return stream;
    }
    response.getHeaders().put(HttpHeader.CONTENT_ENCODING, "gzip");
    return method().equals("HEAD") ? stream : new FastGzip(stream);
  }

  /**
   * Uses level 1: it compresses text this regular as well as higher levels do, with a third of the
   * CPU time.
   */
  private static final class FastGzip extends GZIPOutputStream {
    private static final int BUFFER_BYTES = 16 * 1024;

    FastGzip(OutputStream out) throws IOException {
      super(out, BUFFER_BYTES);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
