// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.otel;

import io.ebpfagent.config.AttributeType;
import io.ebpfagent.trace.SpanSource;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.common.InstrumentationScopeInfo;
import io.opentelemetry.sdk.resources.Resource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A span source in OpenTelemetry's types.
 *
 * @param scope the instrumentation that made the spans
 * @param config value of the attribute that all spans of a config have; null without a config
 * @param keys of the spans' attributes; the config's key is the last
 * @param types of the attributes that are not the config's
 */
record ExportedSource(
    Resource resource,
    InstrumentationScopeInfo scope,
    @Nullable String config,
    List<AttributeKey<?>> keys,
    List<AttributeType> types) {
  private static final AttributeKey<String> CONFIG = AttributeKey.stringKey("ebpf_exporter.config");

  ExportedSource {
    keys = List.copyOf(keys);
  }

  static ExportedSource of(SpanSource source, Resource resource, InstrumentationScopeInfo scope) {
    List<AttributeKey<?>> keys = new ArrayList<>();
    for (int i = 0; i < source.attributes().size(); i++) {
      keys.add(key(source.attributes().get(i), source.types().get(i)));
    }
    if (source.config() != null) {
      keys.add(CONFIG);
    }
    return new ExportedSource(resource, scope, source.config(), keys, source.types());
  }

  private static AttributeKey<?> key(String name, AttributeType type) {
    return switch (type) {
      case STRING, OPTIONAL -> AttributeKey.stringKey(name);
      case INT -> AttributeKey.longKey(name);
      case BOOLEAN -> AttributeKey.booleanKey(name);
    };
  }

  /** The value of an attribute, of its key's type; null for none. */
  @Nullable Object value(int index, List<String> texts) {
    if (index == types.size()) {
      return config;
    }
    String text = texts.get(index);
    return switch (types.get(index)) {
      case STRING -> text;
      case OPTIONAL -> text.isEmpty() ? null : text;
      case INT -> number(text);
      case BOOLEAN -> text.equals("true") ? Boolean.TRUE : text.equals("false") ? false : null;
    };
  }

  private static @Nullable Long number(String text) {
    try {
      return Long.valueOf(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
