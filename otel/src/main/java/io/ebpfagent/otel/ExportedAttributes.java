// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.otel;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A view of a span's attributes; the keys belong to its source. The SDK's own class would sort and
 * copy them for each span, to no use.
 */
record ExportedAttributes(ExportedSource source, List<String> values) implements Attributes {
  @Override
  @SuppressWarnings("unchecked") // a value has its key's type
  public <T> @Nullable T get(AttributeKey<T> key) {
    int index = source.keys().indexOf(key);
    return index < 0 ? null : (T) source.value(index, values);
  }

  @Override
  public void forEach(BiConsumer<? super AttributeKey<?>, ? super Object> consumer) {
    for (int i = 0; i < source.keys().size(); i++) {
      Object value = source.value(i, values);
      if (value != null) {
        consumer.accept(source.keys().get(i), value);
      }
    }
  }

  @Override
  public int size() {
    int size = 0;
    for (int i = 0; i < source.keys().size(); i++) {
      if (source.value(i, values) != null) {
        size++;
      }
    }
    return size;
  }

  @Override
  public boolean isEmpty() {
    return size() == 0;
  }

  @Override
  public Map<AttributeKey<?>, Object> asMap() {
    Map<AttributeKey<?>, Object> map = new LinkedHashMap<>();
    forEach(map::put);
    return Collections.unmodifiableMap(map);
  }

  @Override
  public AttributesBuilder toBuilder() {
    return Attributes.builder().putAll(this);
  }
}
