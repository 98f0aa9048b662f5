// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The demo shows what it is for: from a request down to the disk. */
@Tag("jvm")
@Timeout(300)
class DemoIT {
  @Test
  void aRequestIsShownDownToTheDisk() throws Exception {
    boolean kernel = Files.isReadable(Path.of("/sys/kernel/btf/vmlinux"));
    assumeTrue(kernel && Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0));
    assumeTrue(Files.getFileStore(Path.of("/var/tmp")).name().startsWith("/dev/"));
    Trace trace =
        new Demo(
                Path.of(System.getProperty("ebpfagent.extension")).toRealPath(),
                Path.of(System.getProperty("ebpfagent.demo"), "javaagent.jar"))
            .run();
    String tree = trace.tree();
    assertThat(tree)
        .containsPattern("\nPOST /orders +server ")
        .containsPattern("├─ GET +client ")
        .containsPattern("│  └─ GET /stock +server ")
        .containsPattern("─ INSERT \\./shop\\.orders +client ")
        .containsPattern("─ block-io +kernel .*direction=write .*device=")
        .containsPattern(" kernel .*syscall=fsync");
    assertThat(trace.zipkin()).contains("\"name\":\"block-io\"");
  }
}
