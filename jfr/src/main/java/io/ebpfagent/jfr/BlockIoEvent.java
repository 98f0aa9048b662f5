// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.jfr;

import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** A block request took long. */
@Name("ebpf.BlockIo")
@Label("Block I/O")
@Description("A request to a disk, which a thread made itself")
final class BlockIoEvent extends ThreadEvent {
  @Label("Device")
  String device = "";

  @Label("Operation")
  String operation = "";

  @Label("Bytes")
  @DataAmount
  long bytes;

  @Override
  void fill(Attributes span, JavaThreads threads) {
    super.fill(span, threads);
    device = span.text("device");
    operation = span.text("operation");
    bytes = span.number("bytes");
  }
}
