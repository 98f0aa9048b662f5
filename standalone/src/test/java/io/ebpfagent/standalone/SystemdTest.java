// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.ebpfagent.log.Log;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SystemdTest {
  private static final long PID = 4711;

  @Test
  void socketsBeginAtThree() {
    Systemd systemd = systemd(Map.of("LISTEN_PID", "4711", "LISTEN_FDS", "2"));
    assertThat(systemd.socket(0).fd()).isEqualTo(3);
    assertThat(systemd.socket(1).fd()).isEqualTo(4);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> systemd.socket(2))
        .withMessage("2 sockets were passed, the last is fd://1");
  }

  @Test
  void socketsAreForOneProcess() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> systemd(Map.of("LISTEN_PID", "4710", "LISTEN_FDS", "1")).socket(0))
        .withMessage("the sockets are for process 4710, this is 4711");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> systemd(Map.of()).socket(0))
        .withMessageStartingWith("no socket was passed");
  }

  @Test
  void watchdogIsForOneProcessToo() {
    assertThat(systemd(Map.of("NOTIFY_SOCKET", "@a", "WATCHDOG_USEC", "3000000")).watchdog())
        .contains(Duration.ofSeconds(3));
    assertThat(
            systemd(Map.of("NOTIFY_SOCKET", "@a", "WATCHDOG_USEC", "1", "WATCHDOG_PID", "1"))
                .watchdog())
        .isEmpty();
    assertThat(systemd(Map.of("NOTIFY_SOCKET", "@a", "WATCHDOG_USEC", "soon")).watchdog())
        .isEmpty();
    assertThat(systemd(Map.of()).watchdog()).isEmpty();
  }

  @Test
  void anIntervalOfCenturiesIsADay() {
    Map<String, String> longest =
        Map.of("NOTIFY_SOCKET", "@a", "WATCHDOG_USEC", String.valueOf(Long.MAX_VALUE));
    assertThat(systemd(longest).watchdog()).contains(Duration.ofDays(1));
  }

  @Test
  void aPortIsDigits() {
    for (String port : new String[] {"+80", "-0", "\u0661", ""}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ListenAddress.parse("localhost:" + port, systemd(Map.of())))
          .withMessage(
              "--web.listen-address=localhost:%1$s: the port is no number: %1$s".formatted(port));
    }
  }

  @Test
  void addressesSayWhatIsWrongWithThem() {
    assertThat(ListenAddress.parse("127.0.0.1:80", systemd(Map.of())).passed()).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ListenAddress.parse("fd://x", systemd(Map.of())))
        .withMessage(
            "--web.listen-address=fd://x: write fd://0 for the first socket that systemd passes");
  }

  private static Systemd systemd(Map<String, String> environment) {
    return new Systemd(environment, PID, Log.NONE);
  }
}
