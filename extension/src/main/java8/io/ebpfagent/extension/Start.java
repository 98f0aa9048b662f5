// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.extension;

import io.opentelemetry.context.ContextStorage;
import io.opentelemetry.javaagent.extension.AgentListener;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;

/**
 * Where it begins. The agent loads its listeners before the first context is there, whichever way
 * it is configured, and that is the last moment for a storage of contexts of one's own. Later, when
 * all is configured, it calls them.
 */
public final class Start implements AgentListener {
  static {
    Tracing tracing = Gate.tracing();
    if (tracing != null) {
      ContextStorage.addWrapper(tracing::wrap);
    }
  }

  /** For the service loader. */
  public Start() {}

  @Override
  public void afterAgent(AutoConfiguredOpenTelemetrySdk sdk) {
    Tracing tracing = Gate.tracing();
    if (tracing != null) {
      tracing.start(sdk);
    }
  }
}
