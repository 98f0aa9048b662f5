// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** This process's file descriptors, by which maps, programs and links would leak. */
public final class OpenDescriptors {
  private static final Path FD = Path.of("/proc/self/fd");

  private OpenDescriptors() {}

  /** How many there are of eBPF's: {@code anon_inode:bpf-map} and the like. */
  public static int count() {
    return (int) targets().stream().filter(target -> target.startsWith("anon_inode:bpf")).count();
  }

  /** What all of them refer to. */
  public static List<String> targets() {
    try (Stream<Path> descriptors = Files.list(FD)) {
      return descriptors.map(OpenDescriptors::target).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      // The descriptor of the listing itself.
      return "";
    }
  }
}
