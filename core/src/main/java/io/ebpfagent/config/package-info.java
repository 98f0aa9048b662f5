// SPDX-License-Identifier: Apache-2.0
/**
 * The contents of a config file, as records that are valid by construction. Imports nothing of
 * ours. Called by whoever starts the engine; read by all other packages.
 */
@NullMarked
package io.ebpfagent.config;

import org.jspecify.annotations.NullMarked;
