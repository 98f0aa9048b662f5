// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.http.BasicAuthentication;
import io.ebpfagent.http.Exchange;
import io.ebpfagent.http.Gate;
import io.ebpfagent.http.HttpServer;
import io.ebpfagent.http.Page;
import io.ebpfagent.log.Log;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Where the metrics are served, for as long as the agent runs; one thread changes it. */
final class Endpoint implements AutoCloseable {
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final String REALM = "ebpf-agent";
  private static final String HTML = "text/html; charset=utf-8";

  private final InetSocketAddress address;
  private final Page metrics;
  private final Log log;
  private @Nullable HttpServer server;
  private @Nullable EndpointSettings serves;
  private @Nullable EndpointSettings wanted;
  private long triedAt;
  private String said = "";
  private volatile String url = "";

  Endpoint(InetSocketAddress address, Page metrics, Log log) {
    this.address = address;
    this.metrics = metrics;
    this.log = log;
  }

  /** Serves so from now on, at once or as soon as the address can be had. */
  void serve(EndpointSettings settings) {
    if (settings.equals(wanted)) {
      return;
    }
    wanted = settings;
    open(settings);
  }

  /** Tries again, where the last try failed and some time has passed. */
  void retry() {
    EndpointSettings settings = wanted;
    if (settings != null
        && !settings.equals(serves)
        && System.nanoTime() - triedAt >= RETRY_NANOS) {
      open(settings);
    }
  }

  private void open(EndpointSettings settings) {
    triedAt = System.nanoTime();
    close();
    try {
      HttpServer.Builder builder =
          HttpServer.builder()
              .log(log)
              .threads(new AgentThreads("ebpf-http", log))
              .address(address)
              .gate(gate(settings))
              .tls(settings.tls().orElse(null))
              .page("/", exchange -> index(exchange, settings.path()))
              .page(settings.path(), metrics);
      if (settings.answers() > 0) {
        builder.answers(settings.answers());
      }
      HttpServer opened = builder.build();
      try {
        opened.start();
      } catch (IOException | RuntimeException | Error e) {
        opened.close();
        throw e;
      }
      server = opened;
      serves = settings;
      url = url((InetSocketAddress) opened.address(), settings);
      said = "";
      log.info("metrics at " + url);
    } catch (IOException | RuntimeException e) {
      String reason = "no metrics at %s: %s; tried again".formatted(address, e.getMessage());
      if (!reason.equals(said)) {
        said = reason;
        log.warning(reason);
      }
    }
  }

  private static Gate gate(EndpointSettings settings) {
    return settings.plugin().isPresent()
        ? PluginGate.open(settings.plugin().get())
        : settings
            .basic()
            .<Gate>map(basic -> new BasicAuthentication(REALM, basic.user(), basic.check()))
            .orElse(Gate.OPEN);
  }

  private static void index(Exchange exchange, String path) throws IOException {
    exchange.send(
        200,
        HTML,
        """
        <!DOCTYPE html>
        <title>ebpf-agent</title>
        <h1>ebpf-agent</h1>
        <p><a href="%s">Metrics</a> of this JVM and of the kernel below it.
        """
            .formatted(path.replace("&", "&amp;").replace("\"", "&quot;").replace("<", "&lt;")));
  }

  private static String url(InetSocketAddress address, EndpointSettings settings) {
    InetAddress host = address.getAddress();
    String name = host.isAnyLocalAddress() ? "localhost" : host.getHostAddress();
    return (settings.tls().isPresent() ? "https://" : "http://")
        + (name.contains(":") ? "[" + name + "]" : name)
        + ":"
        + address.getPort()
        + settings.path();
  }

  /** Where the metrics are; empty while they are nowhere. */
  String url() {
    return url;
  }

  @Override
  public void close() {
    HttpServer open = server;
    if (open != null) {
      open.close();
    }
    server = null;
    serves = null;
    url = "";
  }
}
