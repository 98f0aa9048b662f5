// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.decode;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.ebpfagent.cgroup.CgroupSource;
import io.ebpfagent.cgroup.CgroupWalk;
import io.ebpfagent.cgroup.Cgroups;
import io.ebpfagent.cgroup.PathText;
import io.ebpfagent.config.DecoderSpec;
import io.ebpfagent.kallsyms.Kallsyms;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** System names in a JVM with another locale. */
final class LocaleTest {
  private static final String NAME = "stra\u00dfe-\u732b";

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"C", "POSIX", "C.UTF-8"})
  void namesAreTheSameInEveryLocale(String locale) throws Exception {
    Path cgroup = Files.createDirectories(PathText.path(folder + "/cg/" + NAME));
    Files.writeString(
        folder.resolve("mountinfo"), "1 2 0:3 / " + folder + "/cg rw - cgroup2 c rw\n");
    Path device = Files.createDirectories(PathText.path(folder + "/net/" + NAME));
    Files.writeString(device.resolve("ifindex"), "7\n");
    Files.writeString(folder.resolve("partitions"), "  8  16  1 " + NAME + "\n", UTF_8);
    Files.writeString(folder.resolve("kallsyms"), "10 T " + NAME + "\n", UTF_8);
    String id = Files.getAttribute(cgroup, "unix:ino").toString();
    assertThat(decodeIn(locale, folder.toString(), id))
        .containsExactly(
            "locale " + locale,
            "cgroup " + folder + "/cg/" + NAME,
            "told " + folder + "/cg/" + NAME,
            "ifname " + NAME,
            "majorminor " + NAME,
            "ksym " + NAME);
  }

  private static List<String> decodeIn(String locale, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                LocaleTest.class.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("LC_ALL", locale);
    Process java = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    // The output is hex, because the process's locale may lack the characters.
    List<String> lines = new ArrayList<>();
    for (String line : new String(java.getInputStream().readAllBytes(), UTF_8).lines().toList()) {
      lines.add(new String(HexFormat.of().parseHex(line), UTF_8));
    }
    assertThat(java.waitFor()).isZero();
    return lines;
  }

  /**
   * A source that only lists the root, and finds all other cgroups by their paths, as with the
   * kernel's events.
   */
  private record RootOnly(Path root, CgroupWalk walk) implements CgroupSource {
    @Override
    public Map<Long, String> all() {
      return Map.of(1L, root.toString());
    }

    @Override
    public OptionalLong id(String path) {
      return walk.id(path);
    }
  }

  /** The program of the other JVM. */
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    long id = Long.parseLong(arguments[1]);
    say("locale " + System.getenv("LC_ALL"));
    CgroupWalk walk = new CgroupWalk(folder.resolve("mountinfo"));
    say("cgroup " + Decoding.decode(new CgroupDecoder(new Cgroups(walk)), arguments[1]));
    Cgroups told = new Cgroups(new RootOnly(folder.resolve("cg"), walk));
    told.watch(true);
    told.made(1, NAME);
    say("told " + told.path(id));
    say("ifname " + decode(new IfnameDecoder(folder.resolve("net"), () -> 0), 7));
    say(
        "majorminor "
            + decode(new MajorMinorDecoder(folder.resolve("partitions"), () -> 0), 0x810));
    DecodeContext context =
        DecodeContext.ofHost().withKallsyms(new Kallsyms(folder.resolve("kallsyms")));
    say(
        "ksym "
            + Decoding.decode(
                new Decoders(context).decoder(DecoderSpec.of("ksym")), Decoding.u64(0x10)));
  }

  private static String decode(Decoder decoder, int key) throws DecodeException {
    return Decoding.decode(decoder, Decoding.u32(key));
  }

  private static void say(String line) {
    System.out.println(HexFormat.of().formatHex(line.getBytes(UTF_8)));
  }
}
