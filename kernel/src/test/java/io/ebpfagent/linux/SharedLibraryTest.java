// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ebpfagent.OpenDescriptors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class SharedLibraryTest {
  private static final String NAME = "ebpfagent-library-of-a-test";

  /** Returns the bundled library as an example. */
  private static byte[] library() throws IOException {
    String architecture = System.getProperty("os.arch").replace("amd64", "x86_64");
    String bundled = "/native/linux-" + architecture + "/libbpf.so";
    try (InputStream in = SharedLibraryTest.class.getResourceAsStream(bundled)) {
      assumeTrue(in != null, "built with BUILD_LIBBPF=0: there is no " + bundled);
      return in.readAllBytes();
    }
  }

  private static List<String> descriptors() {
    return OpenDescriptors.targets().stream().filter(target -> target.contains(NAME)).toList();
  }

  private static List<String> temporaryFiles() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files.map(Path::toString).filter(file -> file.contains(NAME)).toList();
    }
  }

  private static String version(SharedLibrary library) {
    return NativeFunction.string(
        new NativeFunction(() -> library, "libbpf_version_string").asLong());
  }

  @Test
  void isLoadedFromMemory() throws IOException {
    SharedLibrary library = SharedLibrary.open(NAME + "1", library());

    assertThat(version(library)).startsWith("v1.");
    assertThat(descriptors()).filteredOn(target -> target.contains(NAME + "1")).hasSize(1);
    assertThat(Files.readAllBytes(Path.of(library.path()))).isEqualTo(library());
  }

  @Test
  void isLoadedFromATemporaryFileWhereMemoryIsNotToBeHad() throws IOException {
    SharedLibrary library = SharedLibrary.open(NAME + "2", library(), "/no/such/descriptors/");

    assertThat(version(library)).startsWith("v1.");
    assertThat(temporaryFiles()).isEmpty();
    assertThat(descriptors()).filteredOn(target -> target.contains(NAME + "2")).hasSize(1);
    // Uprobes find it by its path, although the file has no name any more.
    assertThat(Files.readAllBytes(Path.of(library.path()))).isEqualTo(library());
  }

  @Test
  void saysBothReasonsAndLeavesNothingOpen() throws IOException {
    byte[] garbage = {1, 2, 3};
    assertThatThrownBy(() -> SharedLibrary.open(NAME + "3", garbage))
        .isInstanceOf(UnsatisfiedLinkError.class)
        .hasMessageMatching("/proc/self/fd/\\d+: .*; .*" + NAME + "3.*");
    assertThat(descriptors()).noneMatch(target -> target.contains(NAME + "3"));
    assertThat(temporaryFiles()).isEmpty();
  }

  @Test
  void saysWhatTheLinkerSays() {
    assertThatThrownBy(() -> SharedLibrary.open("/no/such/library.so"))
        .isInstanceOf(UnsatisfiedLinkError.class)
        .hasMessageContaining("/no/such/library.so")
        .hasMessageContaining("No such file");
  }

  @Test
  void aFunctionThatIsNotThereIsNamed() {
    NativeFunction none = NativeFunction.libc("no_such_function");
    assertThat(none.exists()).isFalse();
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> none.asInt())
          .isInstanceOf(UnsatisfiedLinkError.class)
          .hasMessage("the C library has no function no_such_function");
    }
  }
}
