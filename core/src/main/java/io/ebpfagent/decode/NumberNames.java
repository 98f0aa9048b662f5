// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Names of small numbers, from a resource with lines {@code number name}. */
final class NumberNames {
  private final byte[] @Nullable [] names;

  private NumberNames(byte[] @Nullable [] names) {
    this.names = names;
  }

  static NumberNames of(String resource) {
    byte[] @Nullable [] names = new byte @Nullable [0][];
    try (InputStream in = NumberNames.class.getResourceAsStream(resource)) {
      if (in == null) {
        return new NumberNames(names);
      }
      for (String line : new String(in.readAllBytes(), UTF_8).lines().toList()) {
        if (line.startsWith("#")) {
          continue;
        }
        int blank = line.indexOf(' ');
        int number = Integer.parseInt(line, 0, blank, 10);
        if (number >= names.length) {
          names = Arrays.copyOf(names, number + 1);
        }
        names[number] = line.substring(blank + 1).getBytes(UTF_8);
      }
      return new NumberNames(names);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  byte @Nullable [] name(long number) {
    return number >= 0 && number < names.length ? names[(int) number] : null;
  }
}
