// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SyscallDecoderTest {
  @ParameterizedTest
  @CsvSource({
    "amd64, 0, read",
    "amd64, 1, write",
    "amd64, 59, execve",
    "amd64, 293, pipe2",
    "amd64, 334, rseq",
    "amd64, 337, unknown_syscall:337",
    "amd64, 447, memfd_secret",
    "amd64, 462, mseal",
    "amd64, 99999, unknown_syscall:99999",
    "amd64, 18446744073709551615, unknown_syscall:18446744073709551615",
    "aarch64, 0, io_setup",
    "aarch64, 38, renameat",
    "aarch64, 63, read",
    "aarch64, 79, newfstatat",
    "aarch64, 94, exit_group",
    "aarch64, 98, futex",
    "aarch64, 163, getrlimit",
    "aarch64, 221, execve",
    "aarch64, 244, unknown_syscall:244",
    "aarch64, 293, rseq",
    "aarch64, 435, clone3",
    "aarch64, 447, memfd_secret",
    "aarch64, 462, mseal",
    "riscv64, 0, unknown_syscall:0",
  })
  void namesSystemCallsOfTheArchitecture(String architecture, String in, String text)
      throws Exception {
    assertThat(Decoding.decode(new SyscallDecoder(architecture), in)).isEqualTo(text);
  }

  @Test
  void refusesWhatIsNotANumber() {
    assertThatThrownBy(() -> Decoding.decode(new SyscallDecoder("amd64"), "read"))
        .isInstanceOf(DecodeException.class);
  }
}
