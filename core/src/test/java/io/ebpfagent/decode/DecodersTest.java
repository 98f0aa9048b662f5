// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.config.DecoderSpec;
import io.ebpfagent.config.DecoderType;
import io.ebpfagent.config.Label;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

final class DecodersTest {
  private final Decoders decoders = new Decoders(DecodeContext.ofHost());

  @Test
  void areMadeForEveryNameThatConfigsAllow() {
    assertThat(DecoderType.values())
        .extracting(DecoderSpec::of)
        .extracting(decoders::decoder)
        .filteredOn(decoder -> !(decoder instanceof PciDecoder))
        .hasSize(DecoderType.values().length - 4)
        .extracting(Object::getClass)
        .doesNotHaveDuplicates();
  }

  @Test
  void areCostlyWhereTheyLookUpOrSearch() {
    assertThat(
            Arrays.stream(DecoderType.values())
                .map(DecoderType::text)
                .filter(name -> decoders.decoder(DecoderSpec.of(name)).costly()))
        .containsExactlyInAnyOrder(
            "cgroup",
            "ifname",
            "kstack",
            "ksym",
            "majorminor",
            "pci_class",
            "pci_device",
            "pci_subclass",
            "pci_vendor",
            "regexp");
  }

  @Test
  void mayChangeTheirAnswerWhereTheSystemDoes() {
    assertThat(
            Arrays.stream(DecoderType.values())
                .map(DecoderType::text)
                .filter(name -> decoders.decoder(DecoderSpec.of(name)).mayChange()))
        .containsExactlyInAnyOrder("cgroup", "ifname", "kstack", "ksym", "majorminor");
  }

  @Test
  void areInjectiveWhereTheOutputSpellsTheInput() {
    assertThat(
            Arrays.stream(DecoderType.values())
                .map(DecoderType::text)
                .filter(name -> decoders.decoder(DecoderSpec.of(name)).injective()))
        .containsExactlyInAnyOrder("hex", "inet_ip", "uint");
  }

  @Test
  void takeTheEnumFromBtf() throws Exception {
    Decoders decoders =
        new Decoders(
            DecodeContext.ofHost()
                .withBtfEnums(name -> name.equals("reason") ? Map.of(2L, "REASON_TWO") : Map.of()));
    DecoderSpec spec = DecoderSpec.btfEnum("reason", "REASON_");
    assertThat(Decoding.decode(decoders.decoder(spec), "2")).isEqualTo("TWO");
  }

  @Test
  void decodeChainsForManyThreadsAtOnce() throws Exception {
    RowDecoder rows =
        decoders.row(
            List.of(
                new Label(
                    "a",
                    4,
                    0,
                    List.of(
                        DecoderSpec.of("uint"),
                        Decoding.staticMap(Map.of("1", "one", "2", "two"), true),
                        Decoding.staticMap(Map.of("one", "eins"), true))),
                Decoding.label("b", 4, "uint")));
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> done = new ArrayList<>();
      for (int thread = 0; thread < 4; thread++) {
        Callable<?> task =
            () -> {
              LabelRow row = new LabelRow(2);
              for (int i = 0; i < 100_000; i++) {
                rows.decode(Decoding.u32(i % 3, i), 0, row);
                String first = i % 3 == 0 ? "0" : i % 3 == 1 ? "eins" : "two";
                assertThat(row.value(0)).isEqualTo(first);
                assertThat(row.value(1)).isEqualTo(Integer.toString(i));
              }
              return null;
            };
        done.add(threads.submit(task));
      }
      for (Future<?> thread : done) {
        thread.get();
      }
    }
  }
}
