// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The table in malformed-configs.txt. */
final class MalformedConfigs {
  /**
   * A config and its problems.
   *
   * @param messages patterns of whole lines, without the level if that is ERROR; none for a config
   *     that runs
   * @param object the name of an object of kernel/src/test/bpf
   */
  record Case(String name, String object, String yaml, List<String> messages) {
    @Override
    public String toString() {
      return name;
    }

    /** Returns the patterns of the lines for a config in a directory. */
    List<Pattern> lines(Path dir) {
      return messages.stream()
          .map(message -> message.startsWith("WARNING ") ? message : "ERROR " + message)
          .map(line -> Pattern.compile(quoted(line, dir.resolve(name).toString())))
          .toList();
    }

    private String quoted(String message, String path) {
      String text = message.replace("@", path).replace("$", label());
      boolean open = text.endsWith("~");
      return Pattern.quote(open ? text.substring(0, text.length() - 1) : text) + (open ? ".+" : "");
    }

    private String label() {
      return name.replace('-', '_');
    }

    void write(Path dir) throws IOException {
      Files.writeString(dir.resolve(name + ".yaml"), yaml.replace("$", label()));
      Files.write(dir.resolve(name + ".bpf.o"), Product.testObject(object));
    }
  }

  private MalformedConfigs() {}

  static List<Case> read() {
    try (InputStream in = MalformedConfigs.class.getResourceAsStream("/malformed-configs.txt")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      return Arrays.stream(text.split("(?m)^=== ", -1))
          .skip(1)
          .map(MalformedConfigs::parse)
          .collect(Collectors.toCollection(ArrayList::new));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Case parse(String section) {
    int yaml = section.indexOf("\n---\n");
    List<String> head = section.substring(0, yaml).lines().toList();
    String[] names = head.getFirst().split(" ", -1);
    return new Case(
        names[0],
        names.length > 1 ? names[1] : "maps-only",
        section.substring(yaml + "\n---\n".length()).stripTrailing() + "\n",
        head.subList(1, head.size()));
  }
}
