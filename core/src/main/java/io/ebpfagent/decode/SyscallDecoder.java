// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

/** Decodes a decimal system call number to its name; each architecture has its own numbers. */
final class SyscallDecoder implements Decoder {
  private final NumberNames names;

  /**
   * @param architecture as in {@code os.arch}; an unknown one has no names
   */
  SyscallDecoder(String architecture) {
    names = NumberNames.of("syscall-" + architecture + ".txt");
  }

  @Override
  public Outcome decode(byte[] in, int offset, int length, Bytes out) throws DecodeException {
    long number = Decimal.parse(in, offset, length);
    byte[] name = names.name(number);
    if (name != null) {
      out.append(name);
    } else {
      out.append("unknown_syscall:");
      out.appendUnsigned(number);
    }
    return Outcome.VALUE;
  }

  @Override
  public boolean plain(boolean input) {
    return true;
  }
}
