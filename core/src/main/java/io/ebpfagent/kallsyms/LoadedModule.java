// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.kallsyms;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;

/**
 * A loaded kernel module, from a line of /proc/modules.
 *
 * @param address where its code begins; 0 when the kernel hides it
 * @param size in bytes, of its code and its data; kernels since 6.4 place the data elsewhere
 */
record LoadedModule(String name, long address, long size) {
  /** Parses the text of the file; lines in any other form are skipped. */
  static List<LoadedModule> parse(byte[] text) {
    List<LoadedModule> modules = new ArrayList<>();
    for (String line : new String(text, UTF_8).split("\n", -1)) {
      // Fields: name, size, references, users, state, address.
      String[] fields = line.split(" ", -1);
      if (fields.length < 6 || !fields[5].startsWith("0x")) {
        continue;
      }
      try {
        long address = Long.parseUnsignedLong(fields[5], 2, fields[5].length(), 16);
        modules.add(new LoadedModule(fields[0], address, Long.parseLong(fields[1])));
      } catch (NumberFormatException e) {
        // The line is not a module's.
      }
    }
    return List.copyOf(modules);
  }

  boolean contains(long other) {
    return address != 0 && Long.compareUnsigned(other - address, size) < 0;
  }
}
