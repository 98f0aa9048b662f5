// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.pin;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ebpfagent.bpf.BpfException;
import io.ebpfagent.bpf.BpfMap;
import io.ebpfagent.bpf.BpfObject;
import io.ebpfagent.bpf.OpenBpfObject;
import io.ebpfagent.log.Log;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;

/** A text as a file in a BPF file system. */
final class TextFile {
  private TextFile() {}

  /**
   * Pins a file that contains a text, in UTF-8.
   *
   * @throws BpfException when the kernel has no iterators
   */
  static void pin(String text, Path path, Log log) throws BpfException {
    byte[] bytes = text.getBytes(UTF_8);
    try (OpenBpfObject open = PinProgram.open("text", log)) {
      int piece = open.maps().getFirst().valueSize();
      int pieces = Math.max(1, Math.ceilDiv(bytes.length, piece));
      open.maps().getFirst().setMaxEntries(pieces);
      PinProgram.set(open, "text_size", bytes.length);
      try (BpfObject object = open.load()) {
        BpfMap map = object.maps().getFirst();
        for (int i = 0; i < pieces; i++) {
          byte[] key =
              ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(i).array();
          // The last piece is padded; the program knows where the text ends.
          map.update(key, Arrays.copyOfRange(bytes, i * piece, (i + 1) * piece));
        }
        PinProgram.pin(object, map, path);
      }
    }
  }
}
