package io.ebpfagent.decode;

import java.util.Map;

/**
 * What decoders look things up in.
 *
 * @param btfEnums the running kernel's enums
 * @param skipCacheSize how many raw keys, a metric, that a decoder decided to skip are remembered;
 *     0 for none
 */
public record DecodeContext(BtfEnums btfEnums, int skipCacheSize) {
  /** This machine, without a skip cache and without BTF. */
  public static DecodeContext ofHost() {
    return new DecodeContext(enumName -> Map.of(), 0);
  }
}
