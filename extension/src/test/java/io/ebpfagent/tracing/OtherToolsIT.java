// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.tracing;

import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.tracing.ContextReader.ThreadContext;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.processcontext.v1development.ProcessContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Other tools read what the process is and which span a thread is in, from another process. */
@ExtensionTest
class OtherToolsIT {
  private static void reads(TracedApp app) throws Exception {
    app.say("stand");
    String asleep = app.await(line -> line.startsWith("asleep "));
    String busy = app.await(line -> line.startsWith("busy "));
    try (ContextReader reader = new ContextReader(app.pid())) {
      ProcessContext context = reader.process().orElseThrow();
      assertThat(attributes(context.getResource().getAttributesList()))
          .containsEntry("service.name", "the-app")
          .containsEntry("telemetry.sdk.language", "java");
      assertThat(attributes(context.getAttributesList()))
          .containsEntry("threadlocal.schema_version", "tlsdesc_v1_dev")
          .containsKey("threadlocal.attribute_key_map");
      if (System.getProperty("os.arch").equals("amd64")) {
        assertThat(List.of(asleep, busy)).allSatisfy(line -> isIn(reader, line.split(" ", -1)));
        String free = app.await(line -> line.startsWith("free "));
        assertThat(reader.thread(Long.parseLong(free.split(" ", -1)[1]))).isEmpty();
      }
    }
  }

  private static void isIn(ContextReader reader, String[] line) throws Exception {
    Optional<ThreadContext> found = reader.thread(Long.parseLong(line[1]));
    assertThat(found).as(line[0]).isPresent();
    assertThat(found.orElseThrow().traceId()).as(line[0]).isEqualTo(line[2]);
    assertThat(found.orElseThrow().spanId()).as(line[0]).isEqualTo(line[3]);
    assertThat(found.orElseThrow().flags() & 1).as(line[0]).isEqualTo(1);
  }

  private static Map<String, String> attributes(List<KeyValue> attributes) {
    return attributes.stream()
        .collect(Collectors.toMap(KeyValue::getKey, entry -> entry.getValue().getStringValue()));
  }

  @Test
  void readWhatKernelSpansAreMadeOf() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TracedApp app = TracedApp.builder().to(receiver).start(StandingApp.class)) {
      app.awaitKernelSpans();
      reads(app);
    }
  }

  @Test
  void needNoPrivilegeOfTheProcess() throws Exception {
    try (OtlpReceiver receiver = OtlpReceiver.start();
        TracedApp app =
            TracedApp.builder()
                .after("setpriv", "--bounding-set=-all", "--inh-caps=-all")
                .options("-Dotel.ebpf.context=only")
                .to(receiver)
                .start(StandingApp.class)) {
      app.await("ready"::equals);
      app.await(line -> line.equals(TracedApp.OURS + "contexts are shown to other tools"));
      reads(app);
      assertThat(app.ours()).hasSize(1);
    }
  }
}
