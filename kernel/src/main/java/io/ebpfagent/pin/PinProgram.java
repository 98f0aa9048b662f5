// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.pin;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfLink;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.BpfObject;
import io.ebpfagent.bpf.OpenBpfObject;
import io.ebpfagent.log.Log;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * A program that generates a file's contents as it is read: an iterator over a map (Linux 5.9).
 * Readers only need the system call {@code read}, no capability and no libbpf.
 */
final class PinProgram {
  private PinProgram() {}

  /** Parses one of the programs that are in the jar. */
  static OpenBpfObject open(String name, Log log) throws BpfException {
    String resource = "/bpf/" + name + ".bpf.o";
    try (InputStream in = PinProgram.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is missing from the jar: make build");
      }
      return OpenBpfObject.open(name, in.readAllBytes(), null, log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void set(OpenBpfObject object, String variable, long value) {
    byte[] bytes =
        ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder()).putLong(value).array();
    if (!object.setGlobal(variable, bytes)) {
      throw new IllegalStateException("no variable " + variable);
    }
  }

  /**
   * Pins the file of a map. The program and the map exist as long as the file is there or open,
   * even if the object is closed.
   *
   * @throws BpfException {@code EINVAL} when the kernel can't iterate over maps of that type
   */
  static void pin(BpfObject object, BpfMap map, Path path) throws BpfException {
    try (BpfLink link = object.programs().getFirst().attachToRows(map)) {
      link.pin(path);
    }
  }
}
