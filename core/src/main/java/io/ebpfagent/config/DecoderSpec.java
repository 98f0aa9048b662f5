// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.config;

import com.google.re2j.Pattern;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One decoder of a label, with its settings.
 *
 * @param name the decoder's name, one of {@link #KEYS}' keys
 * @param staticMap {@code static_map}: input text to output text; empty for other decoders
 * @param allowUnknown {@code static_map}: pass unknown input through
 * @param regexps {@code regexp}: patterns in the order they are tried; empty for other decoders
 * @param enumName {@code btf_enum}: the kernel enum's name
 * @param trim {@code btf_enum}: prefix cut from the enumerator's name, empty for none
 */
public record DecoderSpec(
    String name,
    Map<String, String> staticMap,
    boolean allowUnknown,
    List<Pattern> regexps,
    @Nullable String enumName,
    String trim) {

  /** Every decoder there is, with the keys that it takes besides {@code name}. */
  public static final Map<String, List<String>> KEYS =
      Map.ofEntries(
          Map.entry("btf_enum", List.of("enum", "trim")),
          Map.entry("cgroup", List.of()),
          Map.entry("dname", List.of()),
          Map.entry("errno", List.of()),
          Map.entry("hex", List.of()),
          Map.entry("ifname", List.of()),
          Map.entry("inet_ip", List.of()),
          Map.entry("kstack", List.of()),
          Map.entry("ksym", List.of()),
          Map.entry("majorminor", List.of()),
          Map.entry("pci_class", List.of()),
          Map.entry("pci_device", List.of()),
          Map.entry("pci_subclass", List.of()),
          Map.entry("pci_vendor", List.of()),
          Map.entry("regexp", List.of("regexps")),
          Map.entry("static_map", List.of("static_map", "allow_unknown")),
          Map.entry("string", List.of()),
          Map.entry("syscall", List.of()),
          Map.entry("uint", List.of()));

  public DecoderSpec {
    staticMap = Map.copyOf(staticMap);
    regexps = List.copyOf(regexps);
  }

  /** A decoder without settings. */
  public static DecoderSpec of(String name) {
    return new DecoderSpec(name, Map.of(), false, List.of(), null, "");
  }
}
