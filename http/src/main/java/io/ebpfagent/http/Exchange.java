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

/** A request and the way to answer it; for the thread that was called with it, until it returns. */
public final class Exchange {
  /** The content type of plain text. */
  public static final String TEXT = "text/plain; charset=utf-8";

  private final Request request;
  private final Response response;
  private final AnswerStream stream;

  Exchange(Request request, Response response, AnswerStream stream) {
    this.request = request;
    this.response = response;
    this.stream = stream;
  }

  /** GET or HEAD; a page need not care, for of HEAD's answers no body is sent. */
  public String method() {
    return request.getMethod();
  }

  /** The path, decoded, without the query. */
  public String path() {
    return Request.getPathInContext(request);
  }

  /** The values of a parameter of the query, decoded, in order. */
  public List<String> parameters(String name) {
    List<String> values = Request.extractQueryParameters(request).getValues(name);
    return values == null ? List.of() : values;
  }

  /** A header's values, joined by commas; empty where there is none. */
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
   * Whether the client would rather have the special media type, which it must have named, than the
   * usual one.
   *
   * @param special such as {@code application/openmetrics-text}, in lower case, without parameters
   */
  public boolean prefers(String special, String usual) {
    return new Preferences(header("Accept")).prefersType(special, usual);
  }

  /** Answers with a body that is at hand. */
  public void send(int status, String contentType, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, bytes.length);
    stream.sendWhole(bytes);
  }

  /**
   * Begins an answer of status 200 and unknown length, compressed where the client wants it. Writes
   * wait for the client. To close the stream is to say that the answer is whole; one that isn't
   * closed is cut.
   */
  public OutputStream open(String contentType) throws IOException {
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
    response.getHeaders().put(HttpHeader.VARY, "Accept, Accept-Encoding");
    if (request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_1) {
      // Also on a connection that closes behind it, whose end alone would not tell that all came.
      response.getHeaders().put(HttpHeader.TRANSFER_ENCODING, "chunked");
    }
    if (!new Preferences(header("Accept-Encoding")).wantsCoding("gzip")) {
      return stream;
    }
    response.getHeaders().put(HttpHeader.CONTENT_ENCODING, "gzip");
    return method().equals("HEAD") ? stream : new FastGzip(stream);
  }

  /** Level 1: text this regular shrinks as well by it, at a third of the CPU. */
  private static final class FastGzip extends GZIPOutputStream {
    private static final int BUFFER_BYTES = 16 * 1024;

    FastGzip(OutputStream out) throws IOException {
      super(out, BUFFER_BYTES);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
