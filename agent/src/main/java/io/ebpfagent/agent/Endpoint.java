// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import io.ebpfagent.http.BasicAuthentication;
import io.ebpfagent.http.Exchange;
import io.ebpfagent.http.Gate;
import io.ebpfagent.http.HttpServer;
import io.ebpfagent.http.Page;
import io.ebpfagent.log.Log;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Where the metrics are served, for as long as the agent runs; one thread changes it. */
final class Endpoint implements AutoCloseable {
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final long REOPEN_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long REOPEN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final String REALM = "ebpf-agent";
  private static final String HTML = "text/html; charset=utf-8";

  /** Settings that can be served, as far as that can be told beforehand. */
  private record Prepared(EndpointSettings settings, Gate gate) {}

  private final InetSocketAddress address;
  private final Page metrics;
  private final Log log;
  private @Nullable HttpServer server;
  private @Nullable EndpointSettings serves;
  private @Nullable EndpointSettings wanted;
  private @Nullable Prepared prepared;
  private long triedAt;
  private String said = "";
  private volatile String url = "";

  Endpoint(InetSocketAddress address, Page metrics, Log log) {
    this.address = address;
    this.metrics = metrics;
    this.log = log;
  }

  /**
   * Makes what takes others' files and classes, so that settings are refused while those before
   * them are still served.
   *
   * @throws UnavailableException when they can't be served
   */
  void check(EndpointSettings settings) throws UnavailableException {
    if (settings.equals(wanted)) {
      return;
    }
    try {
      prepared = prepare(settings);
    } catch (IOException | RuntimeException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Serves so from now on, at once or as soon as it can be: to be called again and again. */
  void serve(EndpointSettings settings) {
    boolean other = !settings.equals(wanted);
    wanted = settings;
    if (other || (!settings.equals(serves) && System.nanoTime() - triedAt >= RETRY_NANOS)) {
      change(settings);
    }
  }

  /** Where it fails, what was served before is served again. */
  private void change(EndpointSettings settings) {
    triedAt = System.nanoTime();
    EndpointSettings before = serves;
    try {
      open(settings);
      said = "";
      log.info("metrics at " + url);
    } catch (IOException | RuntimeException | Error e) {
      if (serves == null && before != null) {
        try {
          open(before);
        } catch (IOException | RuntimeException | Error again) {
          e.addSuppressed(again);
        }
      }
      String reason =
          (serves == null
                  ? "no metrics at %s: %s; tried again"
                  : "%s goes on as before: %s; tried again")
              .formatted(address, e instanceof Error ? e : e.getMessage());
      if (!reason.equals(said)) {
        said = reason;
        log.warning(reason);
      }
    }
  }

  private void open(EndpointSettings settings) throws IOException {
    Prepared ready = prepared;
    if (ready == null || !ready.settings.equals(settings)) {
      ready = prepare(settings);
      prepared = ready;
    }
    boolean reopens = server != null;
    close();
    HttpServer.Builder builder =
        HttpServer.builder()
            .log(log)
            .threads(new AgentThreads("ebpf-http", log))
            .address(address)
            .gate(ready.gate)
            .tls(settings.tls().orElse(null))
            .page("/", exchange -> index(exchange, settings.path()))
            .page(settings.path(), metrics);
    if (settings.answers() > 0) {
      builder.answers(settings.answers());
    }
    HttpServer opened = reopens ? reopened(builder) : builder.build();
    try {
      opened.start();
    } catch (IOException | RuntimeException | Error e) {
      opened.close();
      throw e;
    }
    server = opened;
    serves = settings;
    url = url((InetSocketAddress) opened.address(), settings);
  }

  /** Our own port is free only when the thread that accepted there has noticed. */
  private static HttpServer reopened(HttpServer.Builder builder) throws IOException {
    long begin = System.nanoTime();
    while (true) {
      try {
        return builder.build();
      } catch (BindException e) {
        if (System.nanoTime() - begin > REOPEN_NANOS || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        LockSupport.parkNanos(REOPEN_PAUSE_NANOS);
      }
    }
  }

  private static Prepared prepare(EndpointSettings settings) throws IOException {
    if (settings.tls().isPresent()) {
      settings.tls().get().check();
    }
    return new Prepared(settings, gate(settings));
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
    server = null;
    serves = null;
    url = "";
    if (open != null) {
      open.close();
    }
  }
}
