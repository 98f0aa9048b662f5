// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.IdentityHashMap;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * The node tree of a text that holds one YAML document.
 *
 * <p>It is composed, never constructed: no tag can make an object, and every node knows its line.
 */
final class YamlDocument {
  /** What a reader may visit when it follows every alias; a large config has a thousand. */
  static final int MAX_VALUES = 100_000;

  private final IdentityHashMap<Node, Integer> sizes = new IdentityHashMap<>();

  private YamlDocument() {}

  /**
   * The document's mapping.
   *
   * @throws YamlRefusal when the text is no such document, or is one made to exhaust its reader
   */
  static MappingNode parse(String text) {
    Node root;
    try {
      root = compose(text);
    } catch (MarkedYAMLException e) {
      throw syntax(e);
    } catch (YAMLException | IllegalArgumentException e) {
      // The second is a number that the library does not expect, "\UFFFFFFFF" for one.
      throw new YamlRefusal(0, "not YAML: " + oneLine(String.valueOf(e.getMessage())));
    }
    new YamlDocument().measure(root);
    if (!(root instanceof MappingNode mapping)) {
      throw new YamlRefusal(
          line(root), "must be a mapping with metrics or tracing, found " + kind(root));
    }
    return mapping;
  }

  private static Node compose(String text) {
    LoaderOptions options = new LoaderOptions();
    options.setNestingDepthLimit(2 * GuardedParser.MAX_DEPTH);
    options.setMaxAliasesForCollections(GuardedParser.MAX_ALIASES);
    GuardedParser parser = new GuardedParser(new ParserImpl(new StreamReader(text), options));
    Composer composer = new Composer(parser, new Resolver(), options);
    if (!composer.checkNode()) {
      throw empty();
    }
    Node root = composer.getNode();
    if (composer.checkNode()) {
      throw new YamlRefusal(
          parser.peekEvent().getStartMark().getLine() + 1,
          "a second document begins here, a config is one");
    }
    if (root.getTag().equals(Tag.NULL)) {
      throw empty();
    }
    return root;
  }

  private static YamlRefusal empty() {
    return new YamlRefusal(0, "the file is empty, it needs metrics or tracing");
  }

  private static YamlRefusal syntax(MarkedYAMLException e) {
    Mark mark = e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
    String problem = e.getProblem() == null ? String.valueOf(e.getContext()) : e.getProblem();
    if (mark == null) {
      return new YamlRefusal(0, "not YAML: " + oneLine(problem));
    }
    return new YamlRefusal(
        mark.getLine() + 1, "not YAML, column " + (mark.getColumn() + 1) + ": " + oneLine(problem));
  }

  private static String oneLine(String text) {
    // The library gives advice about indentation for any character that can't begin a token.
    return text.strip().replaceAll("\\s+", " ").replaceFirst("\\. \\(Do not use .*\\)$", "");
  }

  /** Counts a node and all below it; shared nodes count as often as they are used. */
  private int measure(Node node) {
    Integer known = sizes.get(node);
    if (known != null) {
      if (known == 0) {
        throw new YamlRefusal(line(node), "contains an alias of itself");
      }
      return known;
    }
    sizes.put(node, 0);
    int size = 1;
    if (node instanceof MappingNode mapping) {
      for (NodeTuple tuple : mapping.getValue()) {
        size = add(size, measure(tuple.getKeyNode()));
        size = add(size, measure(tuple.getValueNode()));
      }
    } else if (node instanceof SequenceNode sequence) {
      for (Node item : sequence.getValue()) {
        size = add(size, measure(item));
      }
    }
    sizes.put(node, size);
    return size;
  }

  private static int add(int size, int more) {
    if (size + more > MAX_VALUES) {
      throw new YamlRefusal(
          0, "more than " + MAX_VALUES + " values once its aliases are followed, refused");
    }
    return size + more;
  }

  static int line(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  /** What a node is, in the words of messages. */
  static String kind(Node node) {
    return switch (node) {
      case MappingNode mapping -> "a mapping";
      case SequenceNode sequence -> "a list";
      case ScalarNode scalar when scalar.getTag().equals(Tag.NULL) -> "nothing";
      case ScalarNode scalar when scalar.isPlain() && !scalar.getTag().equals(Tag.STR) ->
          scalar.getValue();
      case ScalarNode scalar -> "text " + Suggestion.quote(scalar.getValue());
      default -> node.getNodeId().toString();
    };
  }
}
