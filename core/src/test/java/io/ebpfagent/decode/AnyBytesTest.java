// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.re2j.Pattern;
import io.ebpfagent.cgroup.Cgroups;
import io.ebpfagent.config.DecoderSpec;
import io.ebpfagent.config.DecoderType;
import io.ebpfagent.config.Label;
import io.ebpfagent.kallsyms.Kallsyms;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every decoder accepts any bytes: the result is a text, a skipped row or a failed row, and nothing
 * else.
 */
final class AnyBytesTest {
  private static final int LONGEST = 64;
  private static final int ROUNDS = 60;

  @TempDir private Path folder;
  private Decoders decoders = new Decoders(DecodeContext.ofHost());

  static List<String> names() {
    return Arrays.stream(DecoderType.values()).map(DecoderType::text).toList();
  }

  @BeforeEach
  void makeDecoders() throws Exception {
    Path kallsyms =
        Files.write(folder.resolve("kallsyms"), Decoding.bytes("10 T ^ff^fe^0a20 T b\t[^80]^0a"));
    DecodeContext host = DecodeContext.ofHost();
    decoders =
        new Decoders(
            host.withKallsyms(new Kallsyms(kallsyms))
                .withCgroups(new Cgroups(() -> Map.of(7L, "/\ufffd")))
                .withBtfEnums(name -> Map.of(-1L, "MINUS", 1L, "ONE")));
  }

  private static DecoderSpec spec(String name) {
    return new DecoderSpec(
        DecoderType.of(name).orElseThrow(),
        Map.of("", "empty", "1", "\ufffd"),
        true,
        List.of(
            Pattern.compile("^([0-9]+)$"),
            Pattern.compile("(?s)[^a](b|.)|(c)"),
            Pattern.compile("x*")),
        "e",
        "M");
  }

  private static List<byte[]> inputs(Random random) {
    List<byte[]> inputs = new ArrayList<>();
    for (int length = 0; length <= LONGEST; length++) {
      for (int round = 0; round < ROUNDS; round++) {
        byte[] in = new byte[length];
        random.nextBytes(in);
        for (int i = 0; i < length; i++) {
          switch (round % 6) {
            case 0 -> in[i] = (byte) ('0' + Math.floorMod(in[i], 10));
            case 1 -> in[i] &= 0x3f;
            case 2 -> in[i] |= (byte) 0xc0;
            case 3 -> in[i] = (byte) (round % 4 - 1);
            case 4 -> in[i] &= (byte) 0x81;
            default -> {}
          }
        }
        inputs.add(in);
      }
    }
    return inputs;
  }

  @ParameterizedTest
  @MethodSource("names")
  void giveATextOrASkippedOrAFailedRow(String name) throws Exception {
    Decoder decoder = decoders.decoder(spec(name));
    for (byte[] in : inputs(new Random(11))) {
      // The array ends with these bytes, so that reading too far is detected.
      byte[] key = ByteBuffer.allocate(in.length + 3).put(3, in).array();
      Bytes out = new Bytes(0);
      try {
        assertThat(decoder.decode(key, 3, in.length, out)).isNotNull();
        assertThat(isUtf8(out)).as("%s of %s: %s", name, in, out).isTrue();
      } catch (DecodeException e) {
        assertThat(e.getMessage()).isNotEmpty();
      }
      assertThat(ByteBuffer.wrap(key, 3, in.length)).isEqualTo(ByteBuffer.wrap(in));
    }
  }

  private static boolean isUtf8(Bytes text) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text.array(), 0, text.length()));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }

  @Test
  void holdsForChainsOfAnyTwo() throws Exception {
    Random random = new Random(12);
    List<byte[]> inputs = inputs(random);
    for (String first : names()) {
      for (String second : names()) {
        for (int size : new int[] {1, 8, 40}) {
          Label label = new Label("l", size, 0, List.of(spec(first), spec(second)));
          RowDecoder rows = decoders.row(List.of(label));
          LabelRow row = new LabelRow(1);
          for (int round = 0; round < ROUNDS; round++) {
            byte[] in = inputs.get(size * ROUNDS + round);
            try {
              if (rows.decode(in, 0, row)) {
                assertThat(row.value(0)).isNotNull();
              }
            } catch (DecodeException e) {
              assertThat(e.getMessage()).startsWith("label \"l\": ").doesNotContain("java.");
            }
          }
          rows.close();
        }
      }
    }
  }
}
