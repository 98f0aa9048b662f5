// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import io.ebpfagent.linux.InheritedSocket;
import io.ebpfagent.linux.UnixDatagram;
import io.ebpfagent.log.Log;
import java.io.IOException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;

/**
 * The interface to the service manager, as the environment describes it: NOTIFY_SOCKET for messages
 * about the service's state, WATCHDOG_USEC for regular signs of life, LISTEN_FDS for passed
 * sockets. Without these variables nothing is sent.
 */
final class Systemd {
  /** Number of the first passed file descriptor. */
  private static final int FIRST_FD = 3;

  /** More often than asked for does no harm; what computes with it need not expect centuries. */
  private static final Duration LONGEST = Duration.ofDays(1);

  private final Map<String, String> environment;
  private final long pid;
  private final Log log;
  private boolean failed;

  Systemd(Map<String, String> environment, long pid, Log log) {
    this.environment = Map.copyOf(environment);
    this.pid = pid;
    this.log = log;
  }

  static Systemd ofThisProcess(Log log) {
    return new Systemd(System.getenv(), ProcessHandle.current().pid(), log);
  }

  /** Reports that the service is ready. */
  void ready(String status) {
    send("READY=1\nSTATUS=" + status);
  }

  void stopping() {
    send("STOPPING=1\nSTATUS=stopping");
  }

  /**
   * Reports that the service is alive; must be called at least once in each {@link #watchdog}
   * interval.
   */
  void alive() {
    send("WATCHDOG=1");
  }

  /**
   * Returns how long the service may be silent before it counts as hung; empty when systemd does
   * not watch it.
   */
  Optional<Duration> watchdog() {
    if (environment.containsKey("WATCHDOG_PID") && !isOurs("WATCHDOG_PID")) {
      return Optional.empty();
    }
    return number("WATCHDOG_USEC")
        .filter(micros -> micros > 0 && environment.containsKey("NOTIFY_SOCKET"))
        .map(micros -> Duration.of(micros, ChronoUnit.MICROS))
        .map(interval -> interval.compareTo(LONGEST) < 0 ? interval : LONGEST);
  }

  /**
   * Returns a passed socket.
   *
   * @param index counted from 0
   * @throws IllegalArgumentException when there is none; the message says why
   */
  InheritedSocket socket(int index) {
    long passed = isOurs("LISTEN_PID") ? number("LISTEN_FDS").orElse(0L) : 0;
    if (passed == 0) {
      throw new IllegalArgumentException(
          environment.containsKey("LISTEN_PID")
              ? "the sockets are for process %s, this is %s"
                  .formatted(environment.get("LISTEN_PID"), pid)
              : "no socket was passed; start the .socket unit, not the .service");
    }
    if (index >= passed) {
      throw new IllegalArgumentException(
          "%s sockets were passed, the last is fd://%s".formatted(passed, passed - 1));
    }
    return new InheritedSocket(FIRST_FD + index);
  }

  private boolean isOurs(String variable) {
    return number(variable).filter(number -> number == pid).isPresent();
  }

  private Optional<Long> number(String variable) {
    try {
      return Optional.ofNullable(environment.get(variable)).map(Long::valueOf);
    } catch (NumberFormatException e) {
      log.warning(variable + " is no number: " + e.getMessage());
      return Optional.empty();
    }
  }

  private synchronized void send(String state) {
    String socket = environment.get("NOTIFY_SOCKET");
    if (socket == null || socket.isEmpty()) {
      return;
    }
    try {
      UnixDatagram.send(socket, state);
      failed = false;
    } catch (IOException e) {
      if (!failed) {
        log.warning("the service manager is not told: " + e.getMessage());
      }
      failed = true;
    }
  }
}
