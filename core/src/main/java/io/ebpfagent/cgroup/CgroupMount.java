// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.cgroup;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds where cgroups are mounted, from /proc/self/mountinfo: cgroup2 is at /sys/fs/cgroup on most
 * systems, and at /sys/fs/cgroup/unified beside the hierarchies of cgroup1.
 */
public final class CgroupMount {
  public static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

  private CgroupMount() {}

  /**
   * Returns the first mount of cgroup2; a mount of its root is preferred to one of a subtree.
   *
   * @throws IOException when mountinfo can't be read
   */
  public static Optional<Path> find(Path mountinfo) throws IOException {
    return points(mountinfo, "cgroup2").stream().findFirst();
  }

  /**
   * Returns one mount point of each cgroup1 hierarchy, sorted by name.
   *
   * @throws IOException when mountinfo can't be read
   */
  static List<Path> findOlder(Path mountinfo) throws IOException {
    List<Path> points = points(mountinfo, "cgroup");
    points.sort(Comparator.naturalOrder());
    return points;
  }

  /** Returns in one line why no cgroup has a path; empty when cgroups are mounted. */
  public static Optional<String> problem(Path mountinfo) {
    try {
      return find(mountinfo).isPresent() || !findOlder(mountinfo).isEmpty()
          ? Optional.empty()
          : Optional.of("no cgroup file system is mounted (" + mountinfo + " has none)");
    } catch (IOException e) {
      return Optional.of(mountinfo + ": can't be read: " + e.getMessage());
    }
  }

  /**
   * Returns one mount point of each file system of a type: that of its root, or else the first of a
   * subtree.
   */
  private static List<Path> points(Path mountinfo, String type) throws IOException {
    Map<String, Path> whole = new LinkedHashMap<>();
    Map<String, Path> parts = new LinkedHashMap<>();
    // A path is bytes. As Latin-1, each byte stays one character until the escapes are replaced.
    String text = new String(Files.readAllBytes(mountinfo), ISO_8859_1);
    for (String line : text.split("\n", -1)) {
      // id, parent, major:minor, root, mount point, options, optional fields, "-", type, ...
      String[] fields = line.split(" ", -1);
      if (fields.length >= 5 && isType(fields, type)) {
        Map<String, Path> seen = fields[3].equals("/") ? whole : parts;
        seen.putIfAbsent(fields[2], PathText.path(unescape(fields[4])));
      }
    }
    List<Path> points = new ArrayList<>(whole.values());
    parts.keySet().removeAll(whole.keySet());
    points.addAll(parts.values());
    return points;
  }

  private static boolean isType(String[] fields, String type) {
    for (int i = 6; i + 1 < fields.length; i++) {
      if (fields[i].equals("-")) {
        return fields[i + 1].equals(type);
      }
    }
    return false;
  }

  /**
   * Mountinfo writes blanks, tabs, line feeds and backslashes as a backslash and three octal
   * digits.
   */
  private static byte[] unescape(String field) {
    StringBuilder bytes = new StringBuilder();
    for (int i = 0; i < field.length(); i++) {
      if (field.charAt(i) == '\\' && field.substring(i + 1).matches("(?s)[0-3][0-7]{2}.*")) {
        bytes.append((char) Integer.parseInt(field, i + 1, i + 4, 8));
        i += 3;
      } else {
        bytes.append(field.charAt(i));
      }
    }
    return bytes.toString().getBytes(ISO_8859_1);
  }
}
