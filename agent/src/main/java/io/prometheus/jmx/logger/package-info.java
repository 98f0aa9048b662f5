// SPDX-License-Identifier: Apache-2.0
/**
 * The JMX collector's loggers, by others that log to ours. Imports {@link io.ebpfagent.log.Log}.
 * The collector calls it.
 */
@NullMarked
package io.prometheus.jmx.logger;

import org.jspecify.annotations.NullMarked;
