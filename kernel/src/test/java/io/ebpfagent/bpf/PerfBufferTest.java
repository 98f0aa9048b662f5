// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.KernelTest;
import io.ebpfagent.TestObjects;
import io.ebpfagent.linux.KernelException;
import io.ebpfagent.log.Log;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@KernelTest
@Timeout(60)
final class PerfBufferTest {
  private BpfObject object;
  private PerfBuffer buffer;

  @BeforeEach
  void open() throws KernelException {
    object = OpenBpfObject.open("events.bpf.o", TestObjects.bytes("events"), null, Log.NONE).load();
    buffer = object.map("events_total").orElseThrow().perfBuffer(64 * 1024);
  }

  @AfterEach
  void close() {
    buffer.close();
    object.close();
  }

  /** Emits events; returns how many fitted. */
  private int emit(int count) throws BpfException {
    return object.programs().stream()
        .filter(program -> program.name().equals("emit"))
        .findFirst()
        .orElseThrow()
        .testRun(1L << 32 | count);
  }

  @Test
  void givesEachEventOnce() throws BpfException {
    assertThat(emit(3)).isEqualTo(3);
    assertThat(buffer.await()).isTrue();
    assertThat(buffer.drain((bytes, length) -> assertThat(length).isBetween(13, 20))).isEqualTo(3);
    assertThat(buffer.drain((bytes, length) -> {})).isZero();
  }

  @Test
  void countsWhatDidNotFit() throws BpfException {
    int tried = 100_000;
    int fit = emit(tried);
    assertThat(fit).isPositive().isLessThan(tried);
    assertThat(buffer.drain((bytes, length) -> {})).isEqualTo(fit);
    assertThat(buffer.lost()).isEqualTo(tried - fit);
  }

  @Test
  void closingEndsTheWaitAndTheCountStays() throws Exception {
    emit(100_000);
    long lost = buffer.lost();
    Thread waiting =
        Thread.ofPlatform()
            .start(
                () -> {
                  while (buffer.await()) {
                    buffer.drain((bytes, length) -> {});
                  }
                });
    buffer.close();
    waiting.join();
    assertThat(buffer.await()).isFalse();
    assertThat(buffer.drain((bytes, length) -> {})).isZero();
    assertThat(buffer.lost()).isEqualTo(lost);
  }
}
