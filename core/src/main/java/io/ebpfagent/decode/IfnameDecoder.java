// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.ebpfagent.cgroup.PathText;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Decodes a network interface's index to its name, in the exporter's network namespace. It reads
 * sysfs, because {@link java.net.NetworkInterface} leaves out interfaces without an address.
 */
final class IfnameDecoder implements Decoder {
  private final NameTable names;

  /**
   * @param folder /sys/class/net
   */
  IfnameDecoder(Path folder, LongSupplier nanoTime) {
    names = new NameTable(() -> read(folder), nanoTime);
  }

  private static Map<Long, String> read(Path folder) throws IOException {
    Map<Long, String> names = new HashMap<>();
    try (DirectoryStream<Path> interfaces = Files.newDirectoryStream(folder)) {
      for (Path path : interfaces) {
        try {
          String index = new String(Files.readAllBytes(path.resolve("ifindex")), UTF_8).strip();
          names.put(Long.valueOf(index), PathText.nameOf(path));
        } catch (IOException | NumberFormatException e) {
          // The interface is gone meanwhile, or the entry is none: the folder also has
          // bonding_masters.
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }

  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) throws DecodeException {
    if (length < Integer.BYTES) {
      throw new DecodeException("needs 4 bytes");
    }
    long index = NativeInts.u32(in, offset);
    String name = names.name(index);
    if (name != null) {
      out.append(name);
      return Outcome.VALUE;
    }
    out.append("unknown:");
    out.appendUnsigned(index);
    return Outcome.STAND_IN;
  }

  @Override
  public boolean costly() {
    return true;
  }

  @Override
  public boolean mayChange() {
    return true;
  }
}
