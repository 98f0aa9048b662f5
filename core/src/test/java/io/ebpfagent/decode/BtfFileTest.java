// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BtfFileTest {
  private static final String STRINGS = "\0int\0color\0RED\0GREEN\0big\0HUGE\0MINUS\0";

  @TempDir Path dir;

  private Path file;
  private byte[] bytes;

  /**
   * Writes an int, an array, a function prototype, an enum, something like a struct, and a 64-bit
   * enum.
   */
  @BeforeEach
  void write() throws IOException {
    ByteBuffer types = ByteBuffer.allocate(512).order(ByteOrder.nativeOrder());
    type(types, "int", 1, 0).putInt(0);
    type(types, "", 3, 0).putInt(1).putInt(1).putInt(4);
    type(types, "", 13, 2).putInt(0).putInt(1).putInt(0).putInt(1);
    type(types, "color", 4, 1).putInt(0).putInt(1).putInt(0);
    type(types, "color", 6, 2).putInt(name("RED")).putInt(-1).putInt(name("GREEN")).putInt(7);
    type(types, "", 17, 0).putInt(0);
    type(types, "big", 19, 2);
    types.putInt(name("HUGE")).putInt(1).putInt(2);
    types.putInt(name("MINUS")).putInt(-5).putInt(-1);
    int size = types.position();
    byte[] strings = STRINGS.getBytes(UTF_8);
    ByteBuffer btf = ByteBuffer.allocate(24 + size + strings.length).order(ByteOrder.nativeOrder());
    btf.putShort((short) 0xeb9f).put((byte) 1).put((byte) 0).putInt(24);
    btf.putInt(0).putInt(size).putInt(size).putInt(strings.length);
    btf.put(types.array(), 0, size).put(strings);
    bytes = btf.array();
    file = Files.write(dir.resolve("btf"), bytes);
  }

  private static ByteBuffer type(ByteBuffer types, String name, int kind, int entries) {
    return types.putInt(name(name)).putInt((kind << 24) | entries).putInt(4);
  }

  private static int name(String name) {
    return name.isEmpty() ? 0 : STRINGS.indexOf("\0" + name + "\0") + 1;
  }

  @Test
  void namesTheValuesOfAnEnum() {
    assertThat(new BtfFile(file).enumerators("color")).isEqualTo(Map.of(-1L, "RED", 7L, "GREEN"));
    assertThat(new BtfFile(file).enumerators("big"))
        .isEqualTo(Map.of((2L << 32) + 1, "HUGE", -5L, "MINUS"));
    assertThat(new BtfFile(file).enumerators("int")).isEmpty();
    assertThat(new BtfFile(file).enumerators("colo")).isEmpty();
  }

  @Test
  void whatIsNoBtfHasNoEnums() throws IOException {
    assertThat(new BtfFile(dir.resolve("nothing")).enumerators("color")).isEmpty();
    for (int length = 0; length < bytes.length; length++) {
      Files.write(file, Arrays.copyOf(bytes, length));
      assertThat(new BtfFile(file).enumerators("color").size()).isLessThanOrEqualTo(2);
    }
    bytes[0] = 0;
    Files.write(file, bytes);
    assertThat(new BtfFile(file).enumerators("color")).isEmpty();
  }
}
