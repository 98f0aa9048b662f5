// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.parser.Parser;

/**
 * Refuses, before a tree grows from them, events that no config has: deep nesting, thousands of
 * aliases, tags of types of some language.
 */
final class GuardedParser implements Parser {
  /** A static_map's entry is 12 deep. */
  static final int MAX_DEPTH = 32;

  static final int MAX_ALIASES = 1_000;

  private static final String CORE = "tag:yaml.org,2002:";
  private static final Set<String> TAGS =
      Set.of("bool", "float", "int", "map", "merge", "null", "seq", "str");

  private final Parser events;
  private int depth;
  private int aliases;

  GuardedParser(Parser events) {
    this.events = events;
  }

  @Override
  public boolean checkEvent(Event.ID choice) {
    return events.checkEvent(choice);
  }

  @Override
  public Event peekEvent() {
    return events.peekEvent();
  }

  @Override
  public Event getEvent() {
    Event event = events.getEvent();
    switch (event.getEventId()) {
      case MappingStart, SequenceStart -> {
        if (++depth > MAX_DEPTH) {
          throw refusal(event, "nested deeper than " + MAX_DEPTH + " levels, refused");
        }
        checkTag(event, ((CollectionStartEvent) event).getTag());
      }
      case MappingEnd, SequenceEnd -> depth--;
      case Scalar -> checkTag(event, ((ScalarEvent) event).getTag());
      case Alias -> {
        if (++aliases > MAX_ALIASES) {
          throw refusal(event, "more than " + MAX_ALIASES + " aliases, refused");
        }
      }
      default -> {}
    }
    return event;
  }

  private static void checkTag(Event event, @Nullable String tag) {
    if (tag == null || (tag.startsWith(CORE) && TAGS.contains(tag.substring(CORE.length())))) {
      return;
    }
    String written = tag.startsWith(CORE) ? "!!" + tag.substring(CORE.length()) : tag;
    throw refusal(event, "tag " + Suggestion.quote(written) + " is not allowed");
  }

  private static YamlRefusal refusal(Event event, String message) {
    return new YamlRefusal(event.getStartMark().getLine() + 1, message);
  }
}
