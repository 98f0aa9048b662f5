// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.trace;

import static io.ebpfagent.trace.TestSpans.BASE;
import static io.ebpfagent.trace.TestSpans.NO_SPAN;
import static io.ebpfagent.trace.TestSpans.NO_TRACE;
import static io.ebpfagent.trace.TestSpans.PARENT;
import static io.ebpfagent.trace.TestSpans.SPAN;
import static io.ebpfagent.trace.TestSpans.TRACE;
import static io.ebpfagent.trace.TestSpans.base;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.config.Config;
import io.ebpfagent.config.ConfigException;
import io.ebpfagent.config.ConfigLoader;
import io.ebpfagent.config.ObjectSource;
import io.ebpfagent.decode.DecodeContext;
import io.ebpfagent.decode.DecodeException;
import io.ebpfagent.decode.Decoders;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The spans that are made of a record's labels. */
final class SpanDecoderTest {
  private static final long EPOCH = 1_700_000_000_000_000_000L;
  private static final long NOW = 7_000;

  private static final String NAMED =
      BASE
          + """
                - {name: span_name, size: 8, decoders: [{name: string}]}
                - {name: pid, size: 4, decoders: [{name: uint}]}
                - {name: state, size: 1, padding: 3, decoders: [{name: uint}, {name: static_map, static_map: {1: asleep}}]}
          """;

  private final EpochClock clock = new EpochClock(() -> NOW, () -> EPOCH + NOW);

  private SpanDecoder decoder(String labels) {
    try {
      Config config =
          ConfigLoader.load(
              "a-config",
              "a-config.yaml",
              new ByteArrayInputStream(TestSpans.yaml(labels).getBytes(StandardCharsets.UTF_8)),
              ObjectSource.ofFile(Path.of("a-config.bpf.o")));
      return new SpanDecoder(
          config.name(), config.spans().getFirst(), new Decoders(DecodeContext.ofHost()), clock);
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static SpanRecord decode(SpanDecoder decoder, byte[] record) throws DecodeException {
    return requireNonNull(decoder.decode(record, record.length));
  }

  private SpanRecord decode(byte[] record) throws DecodeException {
    return decode(decoder(BASE), record);
  }

  private static byte[] named(byte[] base, String more) {
    byte[] record = Arrays.copyOf(base, base.length + more.length());
    System.arraycopy(
        more.getBytes(StandardCharsets.ISO_8859_1), 0, record, base.length, more.length());
    return record;
  }

  @Test
  void idsThatAreGivenAreKept() throws DecodeException {
    SpanRecord span = decode(base(TRACE, PARENT, SPAN, 1_000, 50));

    assertThat(span.traceId()).isEqualTo(TRACE);
    assertThat(span.parentSpanId()).isEqualTo(PARENT);
    assertThat(span.spanId()).isEqualTo(SPAN);
    assertThat(span.startEpochNanos()).isEqualTo(EPOCH + 1_000);
    assertThat(span.endEpochNanos()).isEqualTo(EPOCH + 1_050);
    assertThat(span.name()).isEqualTo("a_span");
    assertThat(span.source().config()).isEqualTo("a-config");
    assertThat(span.source().service()).isEqualTo("a-service");
    assertThat(span.values()).isEmpty();
  }

  @Test
  void zerosAreNoIds() throws DecodeException {
    SpanRecord root = decode(base(TRACE, NO_SPAN, NO_SPAN, 1, 1));
    assertThat(root.parentSpanId()).isNull();
    assertThat(root.spanId()).matches("[0-9a-f]{16}").isNotEqualTo(NO_SPAN);

    SpanRecord alone = decode(base(NO_TRACE, PARENT, SPAN, 1, 1));
    assertThat(alone.traceId()).matches("[0-9a-f]{32}").isNotEqualTo(NO_TRACE);
    assertThat(alone.parentSpanId()).as("a parent in no trace").isNull();
    assertThat(decode(base(NO_TRACE, PARENT, SPAN, 1, 1)).traceId()).isNotEqualTo(alone.traceId());
  }

  @Test
  void otherLabelsAreAttributes() throws DecodeException {
    byte[] record =
        named(base(TRACE, PARENT, SPAN, 1, 1), "sh\0\0\0\0\0\0\u0001\u0002\0\0\u0001xxx");
    SpanRecord span = decode(decoder(NAMED), record);

    assertThat(span.name()).isEqualTo("sh");
    assertThat(span.source().attributes()).containsExactly("pid", "state");
    assertThat(span.values()).containsExactly("513", "asleep");
  }

  @Test
  void anEmptyNameIsNone() throws DecodeException {
    byte[] record = named(base(TRACE, PARENT, SPAN, 1, 1), "\0".repeat(16));

    assertThat(decode(decoder(NAMED), record).name()).isEqualTo("a_span");
  }

  @Test
  void aLongerRecordIsFine() throws DecodeException {
    assertThat(decode(Arrays.copyOf(base(TRACE, PARENT, SPAN, 1, 1), 200)).spanId())
        .isEqualTo(SPAN);
  }

  @Test
  void aShorterOneIsNot() {
    assertThatThrownBy(() -> decode(new byte[40]))
        .isInstanceOf(DecodeException.class)
        .hasMessage("a record of 40 bytes, the labels take 48");
  }

  @Test
  void withoutATimeItEndsNow() throws DecodeException {
    SpanDecoder decoder =
        decoder("        - {name: span_duration_ns, size: 8, decoders: [{name: uint}]}\n");
    SpanRecord span = decode(decoder, new byte[] {100, 0, 0, 0, 0, 0, 0, 0});

    assertThat(span.endEpochNanos()).isEqualTo(EPOCH + NOW);
    assertThat(span.startEpochNanos()).isEqualTo(EPOCH + NOW - 100);
    assertThat(span.parentSpanId()).isNull();
  }

  @Test
  void whatIsNoSpanIsAnError() {
    assertThatThrownBy(() -> decode(base(TRACE, PARENT, SPAN, 1, -5)))
        .isInstanceOf(DecodeException.class)
        .hasMessage(
            "label \"span_duration_ns\": needs nanoseconds, found \"18446744073709551611\"");
    SpanDecoder text = decoder("        - {name: trace_id, size: 4, decoders: [{name: string}]}\n");
    assertThatThrownBy(() -> decode(text, new byte[] {'a', 'b', 'c', 'd'}))
        .isInstanceOf(DecodeException.class)
        .hasMessage("label \"trace_id\": needs 32 lower-case hex digits, found \"abcd\"");
  }

  @Test
  void aDecoderMayDropIt() throws DecodeException {
    SpanDecoder decoder =
        decoder(
            "        - {name: comm, size: 4, decoders: [{name: string}, {name: regexp, regexps:"
                + " ['^j']}]}\n");

    @Nullable SpanRecord dropped = decoder.decode(new byte[] {'b', 'a', 's', 'h'}, 4);
    assertThat(dropped).isNull();
    assertThat(decode(decoder, new byte[] {'j', 'v', 'm', 0}).values()).containsExactly("j");
  }
}
