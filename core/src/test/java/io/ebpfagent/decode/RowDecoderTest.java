// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ebpfagent.config.DecoderSpec;
import io.ebpfagent.config.Label;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class RowDecoderTest {
  private final Decoders decoders = new Decoders(DecodeContext.ofHost());

  private static String decode(RowDecoder rows, byte[] key) throws DecodeException {
    LabelRow row = new LabelRow(rows.labels().size());
    byte[] larger = ByteBuffer.allocate(key.length + 3).put(3, key).array();
    return rows.decode(larger, 3, row) ? row.toString() : "skipped";
  }

  @Test
  void decodesEachLabelAtItsPlaceAndSkipsPadding() throws Exception {
    RowDecoder rows =
        decoders.row(
            List.of(
                new Label("op", 1, 3, List.of(DecoderSpec.of("uint"))),
                Decoding.label("comm", 4, "string"),
                Decoding.label("id", 2, "hex")));
    assertThat(rows.keySize()).isEqualTo(10);
    assertThat(decode(rows, Decoding.bytes("^07padsh^00^00^ca^fe"))).isEqualTo("[7, sh, cafe]");
  }

  @Test
  void decodesNoLabelsFromAnyKey() throws Exception {
    RowDecoder rows = decoders.row(List.of());
    assertThat(rows.keySize()).isZero();
    assertThat(rows.injective()).isTrue();
    assertThat(decode(rows, Decoding.u32(0))).isEqualTo("[]");
  }

  @Test
  void handsTheOutputOfOneDecoderToTheNext() throws Exception {
    RowDecoder rows =
        decoders.row(
            List.of(
                new Label(
                    "op",
                    4,
                    0,
                    List.of(
                        DecoderSpec.of("uint"),
                        Decoding.staticMap(Map.of("1", "read"), false),
                        Decoding.staticMap(Map.of("unknown:2", "neither"), true),
                        Decoding.staticMap(Map.of("read", "reads"), true)))));
    assertThat(decode(rows, Decoding.u32(1))).isEqualTo("[reads]");
    assertThat(decode(rows, Decoding.u32(2))).isEqualTo("[neither]");
    assertThat(decode(rows, Decoding.u32(3))).isEqualTo("[unknown:3]");
  }

  @Test
  void clearsTheRowBeforeTheNext() throws Exception {
    RowDecoder rows = decoders.row(List.of(Decoding.label("a", 4, "uint")));
    LabelRow row = new LabelRow(1);
    assertThat(rows.decode(Decoding.u32(111), 0, row)).isTrue();
    assertThat(rows.decode(Decoding.u32(2), 0, row)).isTrue();
    assertThat(row).hasToString("[2]");
  }

  @Test
  void namesLabelAndDecoderThatFail() {
    RowDecoder rows =
        decoders.row(List.of(Decoding.label("a", 4, "uint"), Decoding.label("b", 3, "uint")));
    assertThatThrownBy(() -> decode(rows, new byte[7]))
        .isInstanceOf(DecodeException.class)
        .hasMessage("label \"b\": uint: needs 1, 2, 4 or 8 bytes");
    RowDecoder second = decoders.row(List.of(Decoding.label("c", 3, "string", "uint")));
    assertThatThrownBy(() -> decode(second, Decoding.bytes("abc")))
        .hasMessage("label \"c\": uint: needs 1, 2, 4 or 8 bytes");
  }

  @Test
  void isInjectiveForSingleUintsAndHexOnly() {
    assertThat(
            decoders
                .row(List.of(Decoding.label("a", 4, "uint"), Decoding.label("b", 6, "hex")))
                .injective())
        .isTrue();
    assertThat(decoders.row(List.of(Decoding.label("a", 4, "string"))).injective()).isFalse();
    assertThat(
            decoders
                .row(List.of(new Label("a", 4, 4, List.of(DecoderSpec.of("uint")))))
                .injective())
        .isFalse();
    assertThat(decoders.row(List.of(Decoding.label("a", 4, "uint", "hex"))).injective()).isFalse();
  }

  @Test
  void isPlainWhereNothingCanNeedAnEscape() {
    RowDecoder rows =
        decoders.row(
            List.of(
                Decoding.label("a", 4, "uint"),
                Decoding.label("b", 4, "string"),
                new Label(
                    "c",
                    4,
                    0,
                    List.of(DecoderSpec.of("uint"), Decoding.staticMap(Map.of("1", "read"), true))),
                new Label(
                    "d",
                    4,
                    0,
                    List.of(
                        DecoderSpec.of("uint"), Decoding.staticMap(Map.of("1", "a\"b"), false))),
                new Label("e", 4, 0, List.of(Decoding.staticMap(Map.of("1", "one"), false)))));
    assertThat(List.of(0, 1, 2, 3, 4).stream().map(rows::plain))
        .containsExactly(true, false, true, false, false);
  }

  @Test
  void refusesDecodersThatDoNotExist() {
    assertThatThrownBy(() -> decoders.row(List.of(Decoding.label("a", 4, "uint64"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no decoder uint64");
  }
}
