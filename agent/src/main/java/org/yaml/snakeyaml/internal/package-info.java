// SPDX-License-Identifier: Apache-2.0
/**
 * One class of the YAML library, by another that logs nothing. Imports nothing. The library calls
 * it.
 */
@NullMarked
package org.yaml.snakeyaml.internal;

import org.jspecify.annotations.NullMarked;
