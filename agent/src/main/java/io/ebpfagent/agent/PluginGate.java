// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import com.sun.net.httpserver.Authenticator;
import io.ebpfagent.http.Exchange;
import io.ebpfagent.http.Gate;
import java.io.IOException;

/** Asks a class of the host's, made for the JDK's HTTP server, who may have an answer. */
final class PluginGate implements Gate {
  private final Authenticator authenticator;

  private PluginGate(Authenticator authenticator) {
    this.authenticator = authenticator;
  }

  /**
   * Makes one of the class.
   *
   * @throws IllegalArgumentException when it can't be made
   */
  static Gate open(EndpointSettings.PluginSettings settings) {
    try {
      return new PluginGate(
          Class.forName(settings.type(), true, ClassLoader.getSystemClassLoader())
              .asSubclass(Authenticator.class)
              .getDeclaredConstructor()
              .newInstance());
    } catch (ReflectiveOperationException | ClassCastException | LinkageError e) {
      throw new IllegalArgumentException(
          "httpServer.authentication.plugin.class: %s can't be used: %s"
              .formatted(settings.type(), e),
          e);
    }
  }

  @Override
  public boolean admits(Exchange exchange) throws IOException {
    Authenticator.Result result = authenticator.authenticate(new PluginExchange(exchange));
    if (result instanceof Authenticator.Success) {
      return true;
    }
    int status =
        result instanceof Authenticator.Failure failure
            ? failure.getResponseCode()
            : result instanceof Authenticator.Retry retry ? retry.getResponseCode() : 401;
    exchange.send(status, Exchange.TEXT, status + " not authenticated\n");
    return false;
  }
}
