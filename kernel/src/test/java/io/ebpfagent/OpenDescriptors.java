// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** This process's file descriptors, for tests of leaks of maps, programs and links. */
public final class OpenDescriptors {
  private static final Path FD = Path.of("/proc/self/fd");

  private OpenDescriptors() {}

  /** Returns the number of file descriptors of eBPF: {@code anon_inode:bpf-map} and the like. */
  public static int count() {
    return (int) targets().stream().filter(target -> target.startsWith("anon_inode:bpf")).count();
  }

  /** Returns what all file descriptors refer to. */
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
      // This is the file descriptor of the listing itself.
      return "";
    }
  }
}
