// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.http.Exchange;
import io.ebpfagent.http.Tls;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
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

  /** With a key of its own; the password of the file is "changeit". */
  private EndpointSettings tls(String password) throws Exception {
    return tls(password, List.of(), List.of());
  }

  private EndpointSettings tls(String password, List<String> protocols, List<String> ciphers)
      throws Exception {
    Path file = dir.resolve("keys.p12");
    if (!Files.exists(file)) {
      makeKey(file);
    }
    return settings(
        new Tls(new Tls.Store(file, "PKCS12", password), null, null, false, protocols, ciphers));
  }

  private static EndpointSettings settings(Tls tls) {
    return new EndpointSettings(
        "/metrics", 0, Optional.empty(), Optional.empty(), Optional.of(tls));
  }

  private static void makeKey(Path file) throws Exception {
    Process keytool =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/keytool",
                "-genkeypair",
                "-keyalg",
                "EC",
                "-dname",
                "CN=metrics.example",
                "-storetype",
                "PKCS12",
                "-keystore",
                file.toString(),
                "-storepass",
                "changeit")
            .inheritIO()
            .start();
    assertThat(keytool.waitFor()).isZero();
  }

  /** Any certificate is trusted. */
  private static SSLSocket connect(Endpoint to) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    X509ExtendedTrustManager all =
        new X509ExtendedTrustManager() {
          @Override
          public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

          @Override
          public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

          @Override
          public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

          @Override
          public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

          @Override
          public void checkClientTrusted(X509Certificate[] chain, String type) {}

          @Override
          public void checkServerTrusted(X509Certificate[] chain, String type) {}

          @Override
          public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
          }
        };
    context.init(null, new TrustManager[] {all}, null);
    URI uri = URI.create(to.url());
    SSLSocket socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), uri.getPort());
    socket.startHandshake();
    return socket;
  }

  private static String get(SSLSocket socket, String host) throws IOException {
    socket
        .getOutputStream()
        .write(
            "GET /metrics HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
                .formatted(host)
                .getBytes(StandardCharsets.US_ASCII));
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
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
      endpoint.check(tls("changeit"));
      assertThat(endpoint.url()).isEqualTo(url);
      assertServes();
    }
  }

  @Test
  void whatFailsAfterTheOldWasClosedBringsTheOldBack() throws Exception {
    try (endpoint) {
      endpoint.serve(EndpointSettings.USUAL);
      EndpointSettings next = tls("changeit");
      endpoint.check(next);
      Files.delete(dir.resolve("keys.p12"));
      endpoint.serve(next);
      assertServes();
      assertThat(said)
          .last()
          .asString()
          .contains("goes on as before: ", "keys.p12: no such file; tried again");
    }
  }

  @Test
  void aClientMayAskByAnotherNameThanTheCertificateHas() throws Exception {
    try (endpoint) {
      endpoint.serve(tls("changeit"));
      for (String host : List.of("metrics.example", "10.1.2.3:9404", "localhost")) {
        try (SSLSocket socket = connect(endpoint)) {
          assertThat(get(socket, host)).startsWith("HTTP/1.1 200").endsWith("metrics\n");
        }
      }
    }
  }

  @Test
  void aKeyThatIsRenewedIsServedWhenTheSettingsAreReadAgain() throws Exception {
    try (endpoint) {
      endpoint.serve(tls("changeit"));
      BigInteger before = serial();
      endpoint.serve(tls("changeit"));
      assertThat(serial()).isEqualTo(before);
      Path file = dir.resolve("keys.p12");
      FileTime written = Files.getLastModifiedTime(file);
      Files.delete(file);
      makeKey(file);
      Files.setLastModifiedTime(file, FileTime.from(written.toInstant().plusSeconds(1)));
      endpoint.serve(tls("changeit"));
      assertThat(serial()).isNotEqualTo(before);
    }
  }

  private BigInteger serial() throws Exception {
    try (SSLSocket socket = connect(endpoint)) {
      return ((X509Certificate) socket.getSession().getPeerCertificates()[0]).getSerialNumber();
    }
  }

  @Test
  void whatNoClientCouldConnectToIsRefused() throws Exception {
    Path empty = dir.resolve("empty.p12");
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (OutputStream out = Files.newOutputStream(empty)) {
      store.store(out, "changeit".toCharArray());
    }
    EndpointSettings keyless =
        settings(
            new Tls(
                new Tls.Store(empty, "PKCS12", "changeit"),
                null,
                null,
                false,
                List.of(),
                List.of()));
    EndpointSettings protocol = tls("changeit", List.of("TLSv9"), List.of());
    EndpointSettings cipher = tls("changeit", List.of(), List.of("NO_SUCH_SUITE"));
    try (endpoint) {
      endpoint.serve(EndpointSettings.USUAL);
      assertThatThrownBy(() -> endpoint.check(keyless))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("empty.p12: has no key, only certificates");
      assertThatThrownBy(() -> endpoint.check(protocol))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("none of the protocols is known to this JVM: [TLSv9]");
      assertThatThrownBy(() -> endpoint.check(cipher))
          .isInstanceOf(UnavailableException.class)
          .hasMessageContaining("none of the ciphers is known to this JVM: [NO_SUCH_SUITE]");
      assertServes();
    }
  }
}
