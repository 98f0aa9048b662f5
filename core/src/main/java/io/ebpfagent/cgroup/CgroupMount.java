// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where cgroup2 is mounted, by /proc/self/mountinfo: /sys/fs/cgroup on most systems,
 * /sys/fs/cgroup/unified beside cgroup1.
 */
public final class CgroupMount {
  public static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

  private CgroupMount() {}

  /**
   * The first mount of cgroup2; one of its root before one of a part of it.
   *
   * @throws IOException when mountinfo can't be read
   */
  public static Optional<Path> find(Path mountinfo) throws IOException {
    // A path is bytes; each stays one character until it is known which are escapes.
    return find(Files.readAllLines(mountinfo, ISO_8859_1));
  }

  static Optional<Path> find(List<String> mountinfo) {
    Optional<Path> part = Optional.empty();
    for (String line : mountinfo) {
      // id, parent, major:minor, root, mount point, options, optional fields, "-", type, ...
      String[] fields = line.split(" ", -1);
      if (fields.length < 5 || !isCgroup2(fields)) {
        continue;
      }
      Path point = Path.of(unescape(fields[4]));
      if (fields[3].equals("/")) {
        return Optional.of(point);
      }
      part = part.or(() -> Optional.of(point));
    }
    return part;
  }

  private static boolean isCgroup2(String[] fields) {
    for (int i = 6; i + 1 < fields.length; i++) {
      if (fields[i].equals("-")) {
        return fields[i + 1].equals("cgroup2");
      }
    }
    return false;
  }

  /** Blank, tab, line feed and backslash are written as a backslash and three octal digits. */
  private static String unescape(String field) {
    StringBuilder bytes = new StringBuilder();
    for (int i = 0; i < field.length(); i++) {
      if (field.charAt(i) == '\\' && field.substring(i + 1).matches("(?s)[0-3][0-7]{2}.*")) {
        bytes.append((char) Integer.parseInt(field, i + 1, i + 4, 8));
        i += 3;
      } else {
        bytes.append(field.charAt(i));
      }
    }
    return new String(bytes.toString().getBytes(ISO_8859_1), UTF_8);
  }
}
