// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.Authenticator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpPrincipal;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.Subject;
import jdk.management.jfr.RemoteRecordingStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who may scrape and how, by jmx_exporter's own keys; and an address that is taken. */
@Tag("jvm")
final class EndpointIT {
  private static final String PASSWORD = "correct:horse";
  private static final String SALT = "salty";

  /** Where a plugin leaves whom it let in. */
  private static final String SUBJECT = "io.prometheus.subject";

  /** No program is loaded: these are about the endpoint. */
  private static final String NO_KERNEL = "ebpf: {pinned: /nowhere}\n";

  private static String basic(String user, String password) {
    return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
  }

  private static int status(HostJvm host, @Nullable String authorization) throws IOException {
    HttpRequest.Builder request = host.request(host.url());
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    return host.send(request).statusCode();
  }

  private static void assertOnlyWithPassword(HostJvm host) throws IOException {
    assertThat(status(host, null)).isEqualTo(401);
    assertThat(status(host, basic("prometheus", "wrong"))).isEqualTo(401);
    assertThat(status(host, basic("other", PASSWORD))).isEqualTo(401);
    assertThat(status(host, "Basic !!!")).isEqualTo(401);
    assertThat(status(host, basic("prometheus", PASSWORD))).isEqualTo(200);
    assertThat(status(host, basic("prometheus", PASSWORD))).isEqualTo(200);
    assertThat(status(host, basic("prometheus", "wrong"))).isEqualTo(401);
    assertThat(host.send(host.request(host.url().replace("/metrics", "/-/healthy"))).statusCode())
        .isEqualTo(401);
    var refused = host.send(host.request(host.url()));
    assertThat(refused.headers().firstValue("WWW-Authenticate").orElse("")).startsWith("Basic ");
  }

  private static String section(String algorithm, String secret) {
    return """
        httpServer:
          authentication:
            basic:
              username: prometheus
        """
        + "      algorithm: "
        + algorithm
        + "\n"
        + secret.indent(6);
  }

  @Test
  void passwordsAreComparedOneWayOrTheOther() throws Exception {
    String digest =
        HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-256")
                    .digest((SALT + ":" + PASSWORD).getBytes(UTF_8)));
    String derived =
        HexFormat.ofDelimiter(":")
            .withUpperCase()
            .formatHex(
                SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256")
                    .generateSecret(
                        new PBEKeySpec(PASSWORD.toCharArray(), SALT.getBytes(UTF_8), 1000, 64 * 8))
                    .getEncoded());
    List<String> sections =
        List.of(
            section("plaintext", "password: \"" + PASSWORD + "\""),
            section("SHA-256", "passwordHash: \"" + digest + "\"\nsalt: " + SALT),
            section(
                "PBKDF2WithHmacSHA256",
                "passwordHash: \""
                    + derived
                    + "\"\nsalt: "
                    + SALT
                    + "\niterations: 1000\nkeyLength: 64"));
    try (WorkFolder work = new WorkFolder()) {
      for (String section : sections) {
        Path file = work.write("agent.yaml", NO_KERNEL + section);
        try (HostJvm host = HostJvm.builder().agent("127.0.0.1:0:" + file).start()) {
          host.untilUp();
          assertOnlyWithPassword(host);
          host.stop();
        }
      }
    }
  }

  /** What a user of jmx_exporter may have written. */
  public static final class Plugin extends Authenticator {
    @Override
    public Result authenticate(HttpExchange exchange) {
      if ("let me in".equals(exchange.getRequestHeaders().getFirst("X-Word"))
          && exchange.getRemoteAddress().getAddress().isLoopbackAddress()) {
        exchange.setAttribute(SUBJECT, new Subject());
        return new Success(new HttpPrincipal("someone", "here"));
      }
      exchange.getResponseHeaders().set("X-Asks", exchange.getRequestURI().getPath());
      return new Failure(403);
    }
  }

  /** What of jmx_exporter's file has no meaning here is said once, and the rest of it holds. */
  @Test
  void aClassOfTheHostsDecides() throws Exception {
    try (WorkFolder work = new WorkFolder()) {
      Path file =
          work.write(
              "agent.yaml",
              NO_KERNEL
                  + """
                  openTelemetry: {endpoint: 'http://127.0.0.1:1', interval: 1}
                  httpServer: {authentication: {plugin: {class: %s, subjectAttributeName: %s}}}
                  """
                      .formatted(Plugin.class.getName(), SUBJECT));
      try (HostJvm host = HostJvm.builder().agent("127.0.0.1:0:" + file).start()) {
        host.untilUp();
        var refused = host.send(host.request(host.url()));
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.headers().firstValue("X-Asks")).contains("/metrics");
        assertThat(host.send(host.request(host.url()).header("X-Word", "let me in")).statusCode())
            .isEqualTo(200);
        host.stop();
        assertThat(host.err())
            .filteredOn(line -> line.contains("ignored"))
            .satisfiesExactly(
                line ->
                    assertThat(line)
                        .contains("openTelemetry: is ignored", "over OTLP", "agent.yaml:2"),
                line -> assertThat(line).contains("plugin.subjectAttributeName: is ignored"));
        assertThat(host.err()).allMatch(line -> line.startsWith("ebpf-agent: "));
      }
    }
  }

  private static Path keys(WorkFolder work, String name) throws Exception {
    Path store = work.path.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/keytool",
                "-genkeypair",
                "-alias",
                name,
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "SAN=dns:localhost,ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                "changeit")
            .inheritIO()
            .start();
    assertThat(keytool.waitFor()).isZero();
    return store;
  }

  private static HttpClient client(Path trusted, @Nullable Path own) throws Exception {
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store(trusted));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    if (own != null) {
      keys.init(store(own), "changeit".toCharArray());
    }
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own == null ? null : keys.getKeyManagers(), trust.getTrustManagers(), null);
    return HttpClient.newBuilder().sslContext(context).build();
  }

  private static KeyStore store(Path file) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, "changeit".toCharArray());
    }
    return store;
  }

  @Test
  void connectionsAreEncryptedAndClientsProveThemselves() throws Exception {
    try (WorkFolder work = new WorkFolder()) {
      Path server = keys(work, "server");
      Path client = keys(work, "client");
      Path file =
          work.write(
              "agent.yaml",
              NO_KERNEL
                  + """
                  httpServer:
                    ssl:
                      keyStore: {filename: %s, password: changeit}
                      trustStore: {filename: %s, type: PKCS12, password: changeit}
                      certificate: {alias: server}
                      mutualTLS: true
                      protocols: TLSv1.3
                  """
                      .formatted(server, client));
      try (HostJvm host =
          HostJvm.builder().agent("127.0.0.1:0:" + file).client(client(server, client)).start()) {
        host.untilUp();
        assertThat(host.url()).startsWith("https://127.0.0.1:");
        assertThat(host.scrapeUntil("jvm_threads_current ")).contains("jvm_runtime_info{");
        HttpClient stranger = client(server, null);
        assertThatThrownBy(
                () ->
                    stranger.send(
                        host.request(host.url()).build(),
                        java.net.http.HttpResponse.BodyHandlers.ofString()))
            .isInstanceOf(IOException.class);
        host.stop();
      }
    }
  }

  @Test
  @SuppressWarnings("try") // the other's socket closes before its time
  void anAddressThatIsTakenIsTriedAgain() throws Exception {
    try (WorkFolder work = new WorkFolder();
        ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Path file = work.write("agent.yaml", NO_KERNEL);
      try (HostJvm host =
          HostJvm.builder().agent("127.0.0.1:" + other.getLocalPort() + ":" + file).start()) {
        host.untilUp();
        host.untilSaid("no metrics at .*in use; tried again");
        // What doesn't need it is there.
        host.until(
            () -> {
              try {
                return host.mbeans()
                    .isRegistered(new javax.management.ObjectName("ebpf:type=Exporter"));
              } catch (IOException | javax.management.JMException e) {
                throw new AssertionError(e);
              }
            },
            there -> there);
        other.close();
        host.scrapeUntil("jvm_threads_current ");
        host.stop();
        assertThat(host.err()).filteredOn(line -> line.contains("in use")).hasSize(1);
      }
    }
  }

  @Test
  @SuppressWarnings("try") // the other's socket closes before its time
  void eventsAreStreamedWhileTheAddressIsTaken() throws Exception {
    KernelIsThere.needed();
    try (WorkFolder work = new WorkFolder();
        ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Path file = work.write("agent.yaml", "ebpf: {configs: [jvm-offcpu], jfr: true}\n");
      try (HostJvm host = HostJvm.start("127.0.0.1:" + other.getLocalPort() + ":" + file)) {
        host.untilUp();
        host.untilSaid("no metrics at .*in use; tried again");
        host.untilSaid("1 of 1 configs are attached");
        BlockingQueue<Instant> waits = new LinkedBlockingQueue<>();
        try (RemoteRecordingStream stream = new RemoteRecordingStream(host.mbeans())) {
          stream.enable("ebpf.OffCpu");
          stream.onEvent("ebpf.OffCpu", event -> waits.add(event.getStartTime()));
          stream.startAsync();
          assertComes(waits, Instant.EPOCH);
          // Not only what was there at the start: some waits began after the first had come.
          assertComes(waits, Instant.now());
        }
        assertThat(host.err()).noneMatch(line -> line.contains("ebpf-agent: metrics at"));
        other.close();
        host.scrapeUntil("ebpf_exporter_config_attached{name=\"jvm-offcpu\"} 1");
        host.stop();
        assertThat(host.err()).allMatch(line -> line.startsWith("ebpf-agent: "));
      }
    }
  }

  private static void assertComes(BlockingQueue<Instant> begun, Instant after)
      throws InterruptedException {
    Instant deadline = Instant.now().plus(HostJvm.MAY_TAKE);
    Instant next = begun.poll(HostJvm.MAY_TAKE.toSeconds(), TimeUnit.SECONDS);
    while (next != null && !next.isAfter(after)) {
      assertThat(Instant.now()).as("an event that began after " + after).isBefore(deadline);
      next = begun.poll(HostJvm.MAY_TAKE.toSeconds(), TimeUnit.SECONDS);
    }
    assertThat(next).as("an event that began after " + after).isNotNull();
  }

  @Test
  void aNewFileIsFollowedAndABrokenOneIsNot() throws Exception {
    try (WorkFolder work = new WorkFolder()) {
      String rule = "rules: [{pattern: 'java.lang<type=Runtime><>Uptime', name: %s}]\n";
      Path file = work.write("agent.yaml", NO_KERNEL + rule.formatted("first"));
      try (HostJvm host = HostJvm.builder().agent("127.0.0.1:0:" + file).start()) {
        host.untilUp();
        host.scrapeUntil("first ");
        work.write(
            "agent.yaml",
            NO_KERNEL + rule.formatted("second") + "httpServer: {metrics: {path: /other}}\n");
        host.until(
            () -> host.err().stream().filter(line -> line.contains("/other")).count(), n -> n == 1);
        String moved = host.url().replaceAll(":\\d+/metrics", "");
        String at =
            host.err().stream()
                .filter(line -> line.contains("/other"))
                .map(line -> line.substring(line.indexOf("http")))
                .findFirst()
                .orElseThrow();
        assertThat(at).startsWith(moved);
        host.until(() -> body(host, at), text -> text.contains("\nsecond "));

        work.write("agent.yaml", "rules: [{pattern: '('}]\n");
        assertThat(host.untilSaid("agent.yaml: not loaded, what ran before goes on"))
            .contains("rules[0]: ");
        work.write("agent.yaml", "hostPort: localhost:1\nebpf: {confgs: [x]}\n");
        host.untilSaid("agent.yaml:1: hostPort: is for another JVM");
        work.write(
            "agent.yaml",
            rule.formatted("third")
                + "httpServer: {authentication: {plugin: {class: no.such.Plugin}}}\n");
        host.untilSaid("not loaded, what ran before goes on: httpServer.*no.such.Plugin can't be");
        assertThat(body(host, at)).contains("\nsecond ");
        work.write("agent.yaml", "rules: [\n");
        host.untilSaid("agent.yaml:2: not YAML");
        assertThat(body(host, at)).contains("\nsecond ");
        host.stop();
      }
    }
  }

  private static String body(HostJvm host, String url) {
    try {
      return new String(host.send(host.request(url)).body(), UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
