// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.pin;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.BpfObject;
import io.ebpfagent.bpf.OpenBpfObject;
import io.ebpfagent.log.Log;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A file that tells readers when this process was last alive: what is pinned outlives a process
 * that was killed, but no longer changes.
 */
final class Heartbeat implements AutoCloseable {
  private static final byte[] KEY = new byte[Integer.BYTES];

  private final BpfObject object;
  private final BpfMap heard;
  private boolean closed;

  private Heartbeat(BpfObject object) {
    this.object = object;
    this.heard = object.maps().getFirst();
  }

  static Heartbeat pin(Path path, Log log) throws BpfException {
    try (OpenBpfObject open = PinProgram.open("heartbeat", log)) {
      Heartbeat heartbeat = new Heartbeat(open.load());
      try {
        heartbeat.beat();
        PinProgram.pin(heartbeat.object, heartbeat.heard, path);
        return heartbeat;
      } catch (BpfException | RuntimeException | Error e) {
        heartbeat.close();
        throw e;
      }
    }
  }

  /** Records that this process is alive. */
  synchronized void beat() throws BpfException {
    if (closed) {
      return;
    }
    // nanoTime is the kernel's CLOCK_MONOTONIC, with which the program compares it.
    heard.update(
        KEY,
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.nativeOrder())
            .putLong(System.nanoTime())
            .array());
  }

  @Override
  public synchronized void close() {
    closed = true;
    object.close();
  }
}
