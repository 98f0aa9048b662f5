// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import java.util.Map;

/** The running kernel's enums, from its BTF. */
@FunctionalInterface
public interface BtfEnums {
  /**
   * Returns the names of an enum's values, by value; empty when the kernel has no such enum.
   *
   * @param enumName the enum's name without {@code enum}, such as {@code skb_drop_reason}
   */
  Map<Long, String> enumerators(String enumName);
}
