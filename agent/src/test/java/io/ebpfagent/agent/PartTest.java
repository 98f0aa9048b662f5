// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.log.Log;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PartTest {
  private final List<String> said = new ArrayList<>();
  private final Log log = (level, message, thrown) -> said.add(message + ": " + thrown);
  private int tries;

  private void fail() {
    tries++;
    throw new OutOfMemoryError("unable to create native thread");
  }

  @Test
  void whatFailsIsTriedAgainAndSaidOnce() {
    Part part = new Part("the endpoint", Duration.ZERO, log);
    part.attempt(this::fail);
    part.attempt(this::fail);
    part.attempt(() -> tries++);
    part.attempt(this::fail);
    assertThat(tries).isEqualTo(4);
    assertThat(said)
        .containsExactly(
            "the endpoint failed, is tried again: java.lang.OutOfMemoryError: unable to create"
                + " native thread");
  }

  @Test
  void thereIsAPauseAfterAFailure() {
    Part part = new Part("the endpoint", Duration.ofHours(1), log);
    part.attempt(() -> tries++);
    part.attempt(this::fail);
    part.attempt(this::fail);
    assertThat(tries).isEqualTo(2);
  }
}
