// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Reads a file's bytes as YAML. It only composes nodes and constructs no objects, so no tag can
 * create a Java object, and every node knows its line.
 */
public final class YamlDocument {
  /** The library's limit is 50, but each metric of a large file may use three aliases. */
  private static final int MAX_ALIASES = 1_000;

  /** The largest config known has some 10 KB; in memory, a YAML may take 180 times its size. */
  private static final int LARGEST =
      (int) Math.min(1 << 20, Runtime.getRuntime().maxMemory() / 256);

  private YamlDocument() {}

  /** Returns the bytes as text, or null after reporting a problem. Doesn't close them. */
  public static @Nullable String text(InputStream yaml, Problems problems) throws IOException {
    byte[] bytes = yaml.readNBytes(LARGEST + 1);
    if (bytes.length > LARGEST) {
      problems.error(
          0,
          "",
          "is larger than %s KiB, the most that is read with this heap; is it a config?"
              .formatted(LARGEST >> 10));
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = StandardCharsets.UTF_8.newDecoder().decode(in, out, true);
    String text = out.flip().toString();
    if (result.isError()) {
      problems.error(lines(text), "", "not UTF-8: byte 0x%02x".formatted(bytes[in.position()]));
      return null;
    }
    return text;
  }

  /**
   * Returns the first document's mapping, or null after reporting a problem.
   *
   * @param needs what the mapping must have, for messages; null where it may be empty, and then an
   *     empty file is null without a problem
   */
  public static @Nullable YamlMap parse(String text, @Nullable String needs, Problems problems) {
    LoaderOptions options = new LoaderOptions();
    options.setMaxAliasesForCollections(MAX_ALIASES);
    options.setTagInspector(tag -> true); // tags are ignored
    // The library's main class, Yaml, requests a logger from the JVM, and that would initialize the
    // host's log manager.
    Composer documents =
        new Composer(new ParserImpl(new StreamReader(text), options), new Resolver(), options);
    Node root;
    try {
      root = documents.checkNode() ? documents.getNode() : null;
    } catch (YAMLException | IllegalArgumentException e) {
      // IllegalArgumentException comes from a number that the library does not expect, such as
      // "\UFFFFFFFF".
      refuse(text, e, problems);
      return null;
    }
    if (root == null || root.getTag().equals(Tag.NULL)) {
      if (needs != null) {
        problems.error(0, "", "the file is empty, it needs " + needs);
      }
      return null;
    }
    if (!(root instanceof MappingNode mapping)) {
      String found = new YamlValue(root, "", problems).kind();
      String with = needs == null ? "" : " with " + needs;
      problems.error(line(root), "", "must be a mapping" + with + ", found " + found);
      return null;
    }
    if (hasMore(documents)) {
      int end = root.getEndMark().getLine();
      long line = 1 + end + text.lines().skip(end).takeWhile(l -> !l.startsWith("---")).count();
      problems.warning(
          (int) line, "", "a second document begins here and is not read, a config is one");
    }
    return YamlMap.of(mapping, "", problems);
  }

  /** Whether anything follows the first document, valid YAML or not. */
  private static boolean hasMore(Composer documents) {
    try {
      return documents.checkNode();
    } catch (YAMLException e) {
      return true;
    }
  }

  private static void refuse(String text, RuntimeException e, Problems problems) {
    int line = 0;
    String problem = "not YAML";
    String reason = String.valueOf(e.getMessage());
    if (e instanceof MarkedYAMLException marked && marked.getProblemMark() != null) {
      line = marked.getProblemMark().getLine() + 1;
      problem += ", column " + (marked.getProblemMark().getColumn() + 1);
      reason = marked.getProblem();
    } else if (e instanceof ReaderException reader) {
      line = lines(text.substring(0, text.offsetByCodePoints(0, reader.getPosition())));
      reason = "character U+%04X is not allowed".formatted(reader.getCodePoint());
    }
    // The library adds advice about indentation for any character that can't begin a token.
    reason = reason.strip().replaceAll("\\s+", " ").replaceFirst("\\. \\(Do not use .*\\)$", "");
    problems.error(line, "", problem + ": " + reason);
  }

  /** Number of lines of a text, the last, possibly unfinished one included. */
  private static int lines(String text) {
    return 1 + (int) text.chars().filter(c -> c == '\n').count();
  }

  static int line(Node node) {
    return node.getStartMark().getLine() + 1;
  }
}
