// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Parsing of the command line. */
class FlagsTest {
  @Test
  void absentFlagsHaveTheirDefaults() {
    Flags flags = Flags.parse();
    flags.check();
    assertThat(flags.configDir).isNull();
    assertThat(flags.configNames).isNull();
    assertThat(flags.configCheck || flags.configStrict || flags.debug || flags.noTimestamps)
        .isFalse();
    assertThat(flags.skipCacheSize).isZero();
    assertThat(flags.cacheSize).isZero();
    assertThat(flags.listenAddress).isEqualTo(":9435");
    assertThat(flags.telemetryPath).isEqualTo("/metrics");
    assertThat(flags.keepCapabilities).isEqualTo("all");
    assertThat(flags.pin).isNull();
    assertThat(flags.pinGroup).isNull();
    assertThat(flags.btfPath).isNull();
    assertThat(flags.help || flags.version).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"=", " "})
  void valuesComeBesideTheirFlagOrBehindIt(String between) {
    String line =
        "--config.dir D --config.names a,b --config.skip-cache-size 3 --config.cache-size 4"
            + " --web.listen-address [::1]:1 --web.telemetry-path /m --capabilities.keep none"
            + " --pin P --pin.group G --btf.path B";
    String[] arguments =
        line.replaceAll("(--\\S+) ", "$1" + (between.equals("=") ? "=" : " ")).split(" ", -1);
    Flags flags = Flags.parse(arguments);
    flags.check();
    assertThat(flags.configDir).isEqualTo(Path.of("D"));
    assertThat(flags.configNames).containsExactly("a", "b");
    assertThat(flags.skipCacheSize).isEqualTo(3);
    assertThat(flags.cacheSize).isEqualTo(4);
    assertThat(flags.listenAddress).isEqualTo("[::1]:1");
    assertThat(flags.telemetryPath).isEqualTo("/m");
    assertThat(flags.keepCapabilities).isEqualTo("none");
    assertThat(flags.pin).isEqualTo(Path.of("P"));
    assertThat(flags.pinGroup).isEqualTo("G");
    assertThat(flags.btfPath).isEqualTo(Path.of("B"));
  }

  @ParameterizedTest
  @CsvSource({
    "--config.check, true",
    "--config.check=true, true",
    "--config.check=false, false",
    "--no-config.check, false",
    "--no-config.check=true, false",
    "--no-config.check=false, true"
  })
  void aSwitchIsOnOrOff(String argument, boolean on) {
    assertThat(Flags.parse(argument).configCheck).isEqualTo(on);
  }

  @Test
  void everySwitchIsItsOwn() {
    Flags flags = Flags.parse("--config.strict", "--log.no-timestamps");
    assertThat(flags.configStrict && flags.noTimestamps).isTrue();
    assertThat(flags.configCheck || flags.debug).isFalse();
    assertThat(Flags.parse("--debug").debug).isTrue();
    assertThat(Flags.parse("--no-log.no-timestamps").noTimestamps).isFalse();
  }

  @Test
  void aValueMayLookLikeAFlagThatThereIsNot() {
    assertThat(Flags.parse("--config.dir", "-x=y").configDir).isEqualTo(Path.of("-x=y"));
    assertThat(Flags.parse("--config.dir=--debug").configDir).isEqualTo(Path.of("--debug"));
    assertThat(Flags.parse("--pin.group=a=b").pinGroup).isEqualTo("a=b");
    assertThat(Flags.parse("--pin.group=").pinGroup).isEmpty();
  }

  @Test
  void namesAddUp() {
    assertThat(Flags.parse("--config.names=a,b", "--config.names", "c").configNames)
        .containsExactly("a", "b", "c");
  }

  @Test
  void questions() {
    assertThat(Flags.parse("--version").version).isTrue();
    assertThat(Flags.parse("--help").help).isTrue();
    assertThat(Flags.parse("-h").help).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          --config.chek                         | --config.chek: no such flag               | --config.check
          --config.chek=true                    | --config.chek: no such flag               | --config.check
          --no-config.strit                     | --no-config.strit: no such flag           | --no-config.strict
          --listen-address=:9435                | --listen-address: no such flag            | --web.listen-address
          -debug                                | -debug: no such flag                      | --debug
          --no-config.dir                       | --no-config.dir: no such flag             | --config.dir
          --no-version                          | --no-version: no such flag                | --version
          --DEBUG                               | --DEBUG: no such flag                     |
          --debug timers                        | 'timers': unexpected argument             |
          --config.names                        | --config.names: needs a value             |
          --config.names --debug                | --config.names: needs a value, found --debug |
          --pin --pin.group=a                   | --pin: needs a value, found --pin.group=a |
          --pin -h                              | --pin: needs a value, found -h            |
          --debug --debug                       | --debug: may be given only once           |
          --debug --no-debug                    | --debug: may be given only once           |
          --pin a --pin=a                       | --pin: may be given only once             |
          --debug=maybe                         | --debug=maybe: must be true or false      |
          --debug=                              | --debug=: must be true or false           |
          --help=perhaps                        | --help=perhaps: must be true or false     |
          --config.cache-size=many              | --config.cache-size=many: must be a whole number of at most 2147483647 |
          --config.cache-size=                  | --config.cache-size=: must be a whole number of at most 2147483647 |
          --config.cache-size=9999999999        | --config.cache-size=9999999999: must be a whole number of at most 2147483647 |
          --config.skip-cache-size 1.5          | --config.skip-cache-size=1.5: must be a whole number of at most 2147483647 |
          """)
  void whatIsWrongIsSaidAndWhatMayBeMeant(String line, String reason, String nearest) {
    assertThatThrownBy(() -> Flags.parse(line.split(" ", -1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            reason
                + "\n"
                + (nearest == null ? "" : "did you mean " + nearest + "? ")
                + "ebpf-exporter --help lists the flags");
  }

  @ParameterizedTest
  @CsvSource({
    "--config.cache-size=-1, --config.cache-size=-1: must not be negative",
    "--config.skip-cache-size=-1, --config.skip-cache-size=-1: must not be negative",
    "--pin.group=g, '--pin.group=g: is for --pin, which is missing'"
  })
  void valuesAreChecked(String argument, String message) {
    Flags flags = Flags.parse(argument);
    assertThatThrownBy(flags::check)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "metrics", "/%41", "//x", "/x//y", "/<x>", "/a;b", "/..", "/.", "/a/../b", "/a/.",
        "/a b", "/a?b", "/a#b", "/a\"b", "/a\\b", "/a\tb", "/{a}", "/a|b", "/`", "/^"
      })
  void aPathThatIsNotServedIsRefused(String path) {
    Flags flags = Flags.parse("--web.telemetry-path=" + path);
    assertThatThrownBy(flags::check)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("--web.telemetry-path=" + path + ": must be a path such as");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/", "/a", "/a/", "/a/b.c", "/...", "/.a", "/-._~!$&'()*+,=:@", "/\u00e9"})
  void aPathThatIsServedIsTaken(String path) {
    Flags flags = Flags.parse("--web.telemetry-path", path);
    flags.check();
    assertThat(flags.telemetryPath).isEqualTo(path);
  }

  /** In the locale C, the JVM makes this of each byte that is not ASCII. */
  @ParameterizedTest
  @ValueSource(strings = {"--config.dir", "--pin", "--btf.path"})
  void aPathThatIsNoTextIsTheFlagsProblem(String flag) {
    assertThatThrownBy(() -> Flags.parse(flag + "=\ud800"))
        .isExactlyInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(flag + "=\ud800: the name is not ");
  }

  @Test
  void theHelpHasEveryFlagInColumns() {
    assertThat(Flag.help().lines()).allMatch(line -> line.length() < 80);
    for (Flag flag : Flag.values()) {
      String name = flag.toString().substring(2);
      assertThat(Flag.help()).containsPattern("\n  (-h,|   ) --(\\[no-])?" + name + "[ =\n]");
    }
    assertThat(Flag.help())
        .contains(
            """
                  --config.dir=DIR       Folder with NAME.yaml and NAME.bpf.o. Absent: the
                                           bundled examples.
                  --config.names=NAME[,NAME...]
                                         Configs to load. Absent: all of --config.dir, or
            """)
        .endsWith("\n  -h, --help                 Print this help and exit.\n");
  }
}
