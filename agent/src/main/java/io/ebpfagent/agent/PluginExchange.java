// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpPrincipal;
import io.ebpfagent.http.Exchange;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request as an authenticator of the JDK's HTTP server sees it: its headers, and no body. */
final class PluginExchange extends HttpExchange {
  private final Exchange exchange;
  private final Headers request = new Headers();

  /** What is put there goes into the answer. */
  private final Headers response =
      new Headers() {
        @Override
        public void add(String key, String value) {
          super.add(key, value);
          exchange.setHeader(key, value);
        }

        @Override
        public void set(String key, String value) {
          super.set(key, value);
          exchange.setHeader(key, value);
        }

        @Override
        public @Nullable List<String> put(String key, List<String> values) {
          values.forEach(value -> exchange.setHeader(key, value));
          return super.put(key, values);
        }
      };

  private final Map<String, Object> attributes = new HashMap<>();

  PluginExchange(Exchange exchange) {
    this.exchange = exchange;
    exchange.forEachHeader(request::add);
  }

  @Override
  public Headers getRequestHeaders() {
    return request;
  }

  @Override
  public Headers getResponseHeaders() {
    return response;
  }

  @Override
  public URI getRequestURI() {
    return exchange.uri();
  }

  @Override
  public String getRequestMethod() {
    return exchange.method();
  }

  @Override
  public @Nullable HttpContext getHttpContext() {
    return null;
  }

  @Override
  public void close() {}

  @Override
  public InputStream getRequestBody() {
    return InputStream.nullInputStream();
  }

  @Override
  public OutputStream getResponseBody() {
    return OutputStream.nullOutputStream();
  }

  @Override
  public void sendResponseHeaders(int status, long length) {
    throw new UnsupportedOperationException("an authenticator returns its answer");
  }

  @Override
  public InetSocketAddress getRemoteAddress() {
    return exchange.remoteAddress();
  }

  @Override
  public int getResponseCode() {
    return -1;
  }

  @Override
  public InetSocketAddress getLocalAddress() {
    return exchange.localAddress();
  }

  @Override
  public String getProtocol() {
    return "HTTP/1.1";
  }

  @Override
  public @Nullable Object getAttribute(String name) {
    return attributes.get(name);
  }

  @Override
  public void setAttribute(String name, @Nullable Object value) {
    if (value == null) {
      attributes.remove(name);
    } else {
      attributes.put(name, value);
    }
  }

  @Override
  public void setStreams(@Nullable InputStream in, @Nullable OutputStream out) {}

  @Override
  public @Nullable HttpPrincipal getPrincipal() {
    return null;
  }
}
