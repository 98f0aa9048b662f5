// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that do everything but read. */
final class SlowClientsTest {
  @ParameterizedTest
  @ValueSource(ints = {24, 200, 400})
  void deafClientsHoldNobodyUp(int count) throws Exception {
    try (TestServer server = new TestServer(Limits.of(64))) {
      server.deaf(count, "/big");
      for (int i = 0; i < 3; i++) {
        long begin = System.nanoTime();
        assertThat(server.get("/")).startsWith("HTTP/1.1 200 ");
        long index = System.nanoTime();
        assertThat(server.get("/small")).startsWith("HTTP/1.1 200 ").endsWith("\r\n0\r\n\r\n");
        long small = System.nanoTime();
        assertThat(server.get("/big")).startsWith("HTTP/1.1 200 ").endsWith("\r\n0\r\n\r\n");
        long big = System.nanoTime();
        assertThat(server.server.works(Duration.ofSeconds(1))).isTrue();
        long works = System.nanoTime();
        System.err.printf(
            "%d: / %d small %d big %d works %d ms%n",
            count,
            (index - begin) / 1000000,
            (small - index) / 1000000,
            (big - small) / 1000000,
            (works - big) / 1000000);
      }
    }
  }
}
