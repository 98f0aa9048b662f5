// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.http.Exchange;
import io.ebpfagent.http.Tls;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EndpointTest {
  private final List<String> said = new CopyOnWriteArrayList<>();
  private final Endpoint endpoint =
      new Endpoint(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
          exchange -> exchange.send(200, Exchange.TEXT, "metrics\n"),
          (level, message, thrown) -> said.add(message));

  @TempDir private Path dir;

  private static EndpointSettings plugin(String type) {
    return new EndpointSettings(
        "/metrics",
        0,
        Optional.empty(),
        Optional.of(new EndpointSettings.PluginSettings(type)),
        Optional.empty());
  }

  private EndpointSettings tls(String password) throws Exception {
    Path file = dir.resolve("keys.p12");
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (OutputStream out = Files.newOutputStream(file)) {
      store.store(out, "right".toCharArray());
    }
    Tls tls =
        new Tls(new Tls.Store(file, "PKCS12", password), null, null, false, List.of(), List.of());
    return new EndpointSettings(
        "/metrics", 0, Optional.empty(), Optional.empty(), Optional.of(tls));
  }

  private void assertServes() throws Exception {
    assertThat(endpoint.url()).startsWith("http://");
    HttpResponse<String> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(endpoint.url())).build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(response.body()).isEqualTo("metrics\n");
  }

  @Test
  void whatCantBeServedIsRefusedWhileTheOldIsServed() throws Exception {
    try (endpoint) {
      endpoint.serve(EndpointSettings.USUAL);
      String url = endpoint.url();
      assertThatThrownBy(() -> endpoint.check(plugin("no.such.Authenticator")))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("plugin.class: no.such.Authenticator can't be used");
      EndpointSettings wrong = tls("wrong");
      assertThatThrownBy(() -> endpoint.check(wrong))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("keys.p12");
      endpoint.check(tls("right"));
      assertThat(endpoint.url()).isEqualTo(url);
      assertServes();
    }
  }

  @Test
  void whatFailsAfterTheOldWasClosedBringsTheOldBack() throws Exception {
    try (endpoint) {
      endpoint.serve(EndpointSettings.USUAL);
      EndpointSettings next = tls("right");
      endpoint.check(next);
      Files.delete(dir.resolve("keys.p12"));
      endpoint.serve(next);
      assertServes();
      assertThat(said).last().asString().contains("goes on as before: ", "keys.p12; tried again");
    }
  }
}
