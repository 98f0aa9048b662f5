// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The names of PCI vendors, devices and classes, from the pci.ids that distributions ship. The
 * numbers are those that the decoders read: a device's number has the vendor's in its upper 16
 * bits, and a subclass's number has the class's in its upper 8.
 */
record PciIds(
    Map<Long, String> vendors,
    Map<Long, String> devices,
    Map<Long, String> classes,
    Map<Long, String> subclasses) {
  static final String MISSING = "missing pci.ids db";

  /** Reads the first of the files that exists, on the first use. */
  static Supplier<Optional<PciIds>> lazily(List<Path> files) {
    return new Supplier<>() {
      private volatile Optional<Optional<PciIds>> read = Optional.empty();

      @Override
      public Optional<PciIds> get() {
        if (read.isEmpty()) {
          synchronized (this) {
            if (read.isEmpty()) {
              read = Optional.of(firstOf(files));
            }
          }
        }
        return read.get();
      }
    };
  }

  private static Optional<PciIds> firstOf(List<Path> files) {
    for (Path file : files) {
      try {
        return Optional.of(parse(new String(Files.readAllBytes(file), UTF_8)));
      } catch (IOException e) {
        // Another one of the files may exist.
      }
    }
    return Optional.empty();
  }

  static PciIds parse(String text) {
    PciIds ids = new PciIds(new HashMap<>(), new HashMap<>(), new HashMap<>(), new HashMap<>());
    boolean inClasses = false;
    long parent = -1;
    for (String line : text.lines().toList()) {
      // Children are indented by one tab. Subsystems and interfaces, indented by two, are not
      // needed.
      boolean child = line.startsWith("\t");
      if (line.isBlank() || line.startsWith("#") || line.startsWith("\t\t")) {
        continue;
      }
      if (!child) {
        inClasses = line.startsWith("C ");
      }
      String entry = child ? line.substring(1) : inClasses ? line.substring(2) : line;
      int digits = inClasses ? 2 : 4;
      long number = number(entry, digits);
      if (number < 0 || (child && parent < 0)) {
        // A section of another kind; its children are skipped, too.
        parent = child ? parent : -1;
        continue;
      }
      String name = entry.substring(digits).strip();
      if (!child) {
        parent = number;
        (inClasses ? ids.classes : ids.vendors).put(number, name);
      } else {
        (inClasses ? ids.subclasses : ids.devices).put(parent << (4 * digits) | number, name);
      }
    }
    return ids;
  }

  private static long number(String entry, int digits) {
    if (entry.length() <= digits || entry.charAt(digits) != ' ') {
      return -1;
    }
    try {
      return Long.parseUnsignedLong(entry, 0, digits, 16);
    } catch (NumberFormatException e) {
      return -1;
    }
  }
}
