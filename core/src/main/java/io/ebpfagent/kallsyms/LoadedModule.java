// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.kallsyms;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;

/**
 * A loaded kernel module, as /proc/modules tells of it.
 *
 * @param address where its code begins; 0 where the kernel hides it
 * @param size in bytes, of its code and, as kernels since 6.4 lay it elsewhere, of its data
 */
record LoadedModule(String name, long address, long size) {
  /** The modules of the file's text; lines of another form are passed over. */
  static List<LoadedModule> parse(byte[] text) {
    List<LoadedModule> modules = new ArrayList<>();
    for (String line : new String(text, UTF_8).split("\n", -1)) {
      // name, size, references, who uses it, state, address
      String[] fields = line.split(" ", -1);
      if (fields.length < 6 || !fields[5].startsWith("0x")) {
        continue;
      }
      try {
        long address = Long.parseUnsignedLong(fields[5], 2, fields[5].length(), 16);
        modules.add(new LoadedModule(fields[0], address, Long.parseLong(fields[1])));
      } catch (NumberFormatException e) {
        // Not a module's line.
      }
    }
    return List.copyOf(modules);
  }

  boolean contains(long other) {
    return address != 0 && Long.compareUnsigned(other - address, size) < 0;
  }
}
