// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static io.ebpfagent.linux.Capability.CAP_BPF;
import static io.ebpfagent.linux.Capability.CAP_CHOWN;
import static io.ebpfagent.linux.Capability.CAP_PERFMON;
import static io.ebpfagent.linux.Capability.CAP_SYSLOG;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CapabilitiesTest {
  @Test
  void numbersAreTheKernels() {
    assertThat(Capabilities.of(List.of(CAP_CHOWN)).mask()).isEqualTo(1);
    assertThat(Capabilities.of(List.of(CAP_SYSLOG, CAP_PERFMON, CAP_BPF)).mask())
        .isEqualTo(0xc4_0000_0000L);
    assertThat(Capability.values()).hasSize(41);
  }

  @Test
  void readsTheEffectiveSet() {
    List<String> status =
        List.of("Name:\tjava", "CapPrm:\t000001ffffffffff", "CapEff:\t000000c000000000");
    Capabilities effective = Capabilities.effective(status);
    assertThat(effective.has(CAP_BPF)).isTrue();
    assertThat(effective.has(CAP_SYSLOG)).isFalse();
    assertThat(effective).hasToString("CAP_PERFMON, CAP_BPF");
  }

  @Test
  void namesThoseOfALaterKernelByNumber() {
    assertThat(new Capabilities(1L << 41)).hasToString("41");
    assertThat(new Capabilities(1L << 41 | 1)).hasToString("CAP_CHOWN, 41");
    assertThat(Capabilities.NONE).hasToString("none");
  }

  @Test
  void differs() {
    Capabilities wanted = Capabilities.of(List.of(CAP_BPF, CAP_SYSLOG));
    assertThat(wanted.without(Capabilities.of(List.of(CAP_BPF)))).hasToString("CAP_SYSLOG");
  }

  @Test
  void sysAdminStandsForItsParts() {
    Capabilities admin = Capabilities.of(List.of(Capability.CAP_SYS_ADMIN));
    assertThat(admin.grant(CAP_BPF)).isTrue();
    assertThat(admin.has(CAP_BPF)).isFalse();
    assertThat(admin.grant(CAP_SYSLOG)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "4.19.0-27-amd64, true",
    "5.18.19, true",
    "5.19.0-rc1, false",
    "6.18.5, false",
    "10.1, false",
    "'', false"
  })
  void comparesKernels(String release, boolean older) {
    assertThat(Capabilities.olderThan(release, 5, 19)).isEqualTo(older);
  }
}
