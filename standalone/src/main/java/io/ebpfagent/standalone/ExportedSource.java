package io.ebpfagent.standalone;

import io.ebpfagent.trace.SpanSource;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.resources.Resource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A span source as OpenTelemetry wants it.
 *
 * @param config value of the attribute that all spans of a config have; null without a config
 * @param keys of the spans' attributes, that of the config behind the others
 */
record ExportedSource(Resource resource, @Nullable String config, List<AttributeKey<String>> keys) {
  private static final AttributeKey<String> CONFIG = AttributeKey.stringKey("ebpf_exporter.config");

  ExportedSource {
    keys = List.copyOf(keys);
  }

  static ExportedSource of(SpanSource source, Resource resource) {
    List<AttributeKey<String>> keys = new ArrayList<>();
    source.attributes().forEach(name -> keys.add(AttributeKey.stringKey(name)));
    if (source.config() != null) {
      keys.add(CONFIG);
    }
    return new ExportedSource(resource, source.config(), keys);
  }
}
