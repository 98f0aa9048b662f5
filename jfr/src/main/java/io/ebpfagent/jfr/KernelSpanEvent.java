// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import java.util.Objects;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A span that has no type of its own. */
@Name("ebpf.KernelSpan")
@Label("Kernel Span")
@Description("A span of a config")
final class KernelSpanEvent extends KernelEvent {
  @Label("Config")
  String config = "";

  @Label("Span")
  String span = "";

  @Label("Attributes")
  String attributes = "";

  @Override
  void fill(Attributes from, JavaThreads threads) {
    config = Objects.requireNonNullElse(from.span().source().config(), "");
    span = from.span().name();
    attributes = from.all();
  }
}
