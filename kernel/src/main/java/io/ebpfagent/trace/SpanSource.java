// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import io.ebpfagent.config.AttributeType;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the spans of one kind have in common; to be compared by identity.
 *
 * @param config the config's name; null for spans of no config
 * @param service {@code service.name} of the spans' resource; null for the process's own
 * @param attributes the names of the spans' attributes, in the order of their values
 * @param types what each of those is
 */
public record SpanSource(
    @Nullable String config,
    @Nullable String service,
    List<String> attributes,
    List<AttributeType> types) {
  public SpanSource {
    attributes = List.copyOf(attributes);
    types = List.copyOf(types);
  }

  /** A source whose spans' attributes are all text. */
  public SpanSource(@Nullable String config, @Nullable String service, List<String> attributes) {
    this(config, service, attributes, Collections.nCopies(attributes.size(), AttributeType.STRING));
  }
}
