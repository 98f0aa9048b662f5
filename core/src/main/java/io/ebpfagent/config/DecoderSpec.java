// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import com.google.re2j.Pattern;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One decoder of a label, with its settings.
 *
 * @param staticMap {@code static_map}: input text to output text; empty for other decoders
 * @param allowUnknown {@code static_map}: pass unknown input through
 * @param regexps {@code regexp}: patterns in the order they are tried; empty for other decoders
 * @param enumName {@code btf_enum}: the kernel enum's name
 * @param trim {@code btf_enum}: prefix cut from the enumerator's name, empty for none
 */
public record DecoderSpec(
    DecoderType type,
    Map<String, String> staticMap,
    boolean allowUnknown,
    List<Pattern> regexps,
    @Nullable String enumName,
    String trim) {
  public DecoderSpec {
    staticMap = Map.copyOf(staticMap);
    regexps = List.copyOf(regexps);
  }

  /**
   * Creates a decoder without settings.
   *
   * @throws IllegalArgumentException when no decoder has that name
   */
  public static DecoderSpec of(String name) {
    return of(
        DecoderType.of(name).orElseThrow(() -> new IllegalArgumentException("no decoder " + name)));
  }

  /** Creates a decoder without settings. */
  public static DecoderSpec of(DecoderType type) {
    return new DecoderSpec(type, Map.of(), false, List.of(), null, "");
  }

  public static DecoderSpec staticMap(Map<String, String> map, boolean allowUnknown) {
    return new DecoderSpec(DecoderType.STATIC_MAP, map, allowUnknown, List.of(), null, "");
  }

  public static DecoderSpec regexp(List<Pattern> patterns) {
    return new DecoderSpec(DecoderType.REGEXP, Map.of(), false, patterns, null, "");
  }

  public static DecoderSpec btfEnum(String enumName, String trim) {
    return new DecoderSpec(DecoderType.BTF_ENUM, Map.of(), false, List.of(), enumName, trim);
  }

  /** The decoder's name in a config. */
  public String name() {
    return type.text();
  }
}
