// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.otel;

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
 */
record ExportedSource(
    Resource resource,
    InstrumentationScopeInfo scope,
    @Nullable String config,
    List<AttributeKey<String>> keys) {
  private static final AttributeKey<String> CONFIG = AttributeKey.stringKey("ebpf_exporter.config");

  ExportedSource {
    keys = List.copyOf(keys);
  }

  static ExportedSource of(SpanSource source, Resource resource, InstrumentationScopeInfo scope) {
    List<AttributeKey<String>> keys = new ArrayList<>();
    source.attributes().forEach(name -> keys.add(AttributeKey.stringKey(name)));
    if (source.config() != null) {
      keys.add(CONFIG);
    }
    return new ExportedSource(resource, scope, source.config(), keys);
  }
}
