// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.metrics.ConfigMetric;
import java.util.List;
import org.junit.jupiter.api.Test;

final class NamesTest {
  private static String name(String config, List<String> labels, List<String> values) {
    ConfigMetric metric = new ConfigMetric(config, "hits_total", "Hits.", false, labels);
    return new Names("ebpf").of(metric, values).toString();
  }

  @Test
  void keysAreInTheOrderOfTheTree() {
    assertThat(name("web", List.of("port", "host"), List.of("80", "")))
        .isEqualTo("ebpf:type=web,name=hits_total,port=80,host=");
    assertThat(name("net/web", List.of(), List.of()))
        .isEqualTo("ebpf:type=net/web,name=hits_total");
  }

  @Test
  void valuesAreQuotedOnlyWhereTheyMustBe() {
    assertThat(name("web", List.of("path"), List.of("/a b\\c;d'e")))
        .isEqualTo("ebpf:type=web,name=hits_total,path=/a b\\c;d'e");
    assertThat(name("web", List.of("stack"), List.of("a,b\nc=\"*?\\")))
        .isEqualTo("ebpf:type=web,name=hits_total,stack=\"a,b\\nc=\\\"\\*\\?\\\\\"");
  }

  @Test
  void labelsThatAreCalledLikeOursAreTold() {
    assertThat(name("web", List.of("type", "name"), List.of("a", "b")))
        .isEqualTo("ebpf:type=web,name=hits_total,type_=a,name_=b");
  }
}
