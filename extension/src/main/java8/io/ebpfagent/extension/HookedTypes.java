// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.extension;

import io.opentelemetry.javaagent.extension.ignore.IgnoredTypesBuilder;
import io.opentelemetry.javaagent.extension.ignore.IgnoredTypesConfigurer;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;

/** Lets the agent look at the classes of {@link ThreadHooks}: of the JDK's it looks at few. */
public final class HookedTypes implements IgnoredTypesConfigurer {
  /** For the service loader. */
  public HookedTypes() {}

  @Override
  public void configure(IgnoredTypesBuilder types) {
    if (Gate.tracing() != null) {
      types.allowClass("java.lang.VirtualThread");
      types.allowClass("java.util.concurrent.ForkJoinWorkerThread");
    }
  }

  /** How older agents ask. */
  @Override
  @Deprecated
  @SuppressWarnings("InlineMeSuggester") // it is called by the agent alone
  public void configure(IgnoredTypesBuilder types, ConfigProperties properties) {
    configure(types);
  }
}
